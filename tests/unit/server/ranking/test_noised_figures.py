"""Figures from noised counts: no noise gives the shares, and intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from server.ranking.noised_figures import noised_figures
from shared.metrics.wilson import wilson
from shared.ranking.noised_places import CELLS, NoisedPlaces


def counts_of(first: int, third: int, nowhere: int) -> np.ndarray:
    counts = np.zeros(CELLS)
    counts[:, 1, 1, 0], counts[:, 1, 1, 2], counts[:, 1, 0, -1] = first, third, nowhere
    return counts


def test_without_noise_the_shares_and_wilsons_intervals() -> None:
    top = noised_figures(NoisedPlaces(counts_of(60, 20, 20), 0.0)).top["federated"]
    assert top["all"]["top_1"].value == pytest.approx(0.6)
    assert top["all"]["top_3"].value == pytest.approx(0.8)
    assert top["with_cases"]["top_3"].value == pytest.approx(1.0)
    assert top["without_cases"]["top_10"].value == pytest.approx(0.0)
    one = top["all"]["top_1"]
    assert (one.low, one.high) == pytest.approx(wilson(60, 100))


def test_more_places_never_say_less() -> None:
    generator = np.random.default_rng(1)
    for _ in range(50):
        counts = counts_of(30, 5, 40) + generator.normal(0, 15, CELLS)
        for groups in noised_figures(NoisedPlaces(counts, 15.0)).top.values():
            for places in groups.values():
                values = [each.value for each in places.values() if each.value is not None]
                assert values == sorted(values)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    generator = np.random.default_rng(2)
    held, drawn = 0, 400
    for _ in range(drawn):
        first = int(generator.binomial(400, 0.5))
        counts = counts_of(first, 0, 400 - first) + generator.normal(0, 4.0, CELLS)
        share = noised_figures(NoisedPlaces(counts, 4.0)).top["federated"]["all"]["top_1"]
        assert share.low is not None
        assert share.high is not None
        held += share.low <= 0.5 <= share.high
    assert held / drawn > 0.92


def test_nobody_is_no_share() -> None:
    top = noised_figures(NoisedPlaces(np.zeros(CELLS), 1.0)).top["federated"]
    assert top["all"]["top_1"].value is None
