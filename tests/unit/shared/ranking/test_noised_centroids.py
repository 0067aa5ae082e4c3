"""Noised centroids: which diseases are kept, how lists are put together, what places say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import JuntosError
from shared.ranking.noised_centroids import (
    COUNTED,
    LISTED,
    MOST_KEPT,
    PLACES_OF_KNOWLEDGE,
    NoisedCentroids,
    kept_rows,
    noise_of,
    places_of,
    taking_turns,
)
from shared.ranking.noised_places import BANDS, CELLS, NoisedPlaces
from shared.ranking_learning.noised_arrays import centroid_arrays, centroids_of


def test_no_disease_is_lost_between_two_lists() -> None:
    by_cases, by_knowledge = np.arange(10)[None], 100 + np.arange(10)[None]
    [listed] = taking_turns(by_cases, by_knowledge)
    of_knowledge = [listed[place] for place in PLACES_OF_KNOWLEDGE]
    assert of_knowledge == [100, 101, 102, 103]
    assert [each for each in listed if each < 100] == list(range(LISTED - 4))


def test_a_list_that_has_ended_leaves_its_places_to_the_other() -> None:
    nobody = np.full((1, 10), -1)
    [listed] = taking_turns(nobody, 100 + np.arange(10)[None])
    assert listed.tolist() == [100 + each for each in range(10)]
    [listed] = taking_turns(np.array([[7, 8]]), nobody)
    assert listed.tolist() == [7, 8] + [-1] * 8


@given(st.floats(0.01, 20))
def test_counts_and_sums_together_spend_what_may_be_spent(mu_squared: float) -> None:
    counts, sums = noise_of(mu_squared)
    assert 1 / counts**2 + 1 / sums**2 == pytest.approx(mu_squared)
    assert sums / counts == pytest.approx(np.sqrt(COUNTED))


def test_noise_alone_keeps_next_to_nothing() -> None:
    noise = np.random.default_rng(3).normal(0, 5, 8000)
    assert len(kept_rows(noise, 5.0)) < 30
    many = kept_rows(np.arange(1000, 3000).astype(float), 1.0)
    assert many.tolist() == list(range(2000 - MOST_KEPT, 2000))


def test_the_noisier_a_sum_is_the_less_it_says() -> None:
    cases = np.array([10.0], dtype=np.float32)
    sums = np.array([[8.0, 0.0]], dtype=np.float32)
    units, fixed = np.eye(2, dtype=np.float32), np.zeros((2, 1), dtype=np.float32)
    gaps = []
    for deviation in (0.1, 3.0, 30.0):
        centroids = NoisedCentroids(np.array([0]), cases, sums, deviation)
        own, other = centroids.scores(units, fixed)[:, 0]
        gaps.append(own - other)
    assert gaps[0] > gaps[1] > gaps[2] > 0


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 200))
def test_probabilities_fall_and_are_at_most_one(seed: int, deviation: float) -> None:
    generator = np.random.default_rng(seed)
    counts = generator.poisson(3, CELLS) + generator.normal(0, deviation, CELLS)
    shares = NoisedPlaces(counts, deviation).probabilities()
    assert shares.shape == (BANDS, LISTED)
    assert (shares >= 0).all()
    assert (shares.sum(axis=1) <= 1 + 1e-9).all()
    assert (np.diff(shares, axis=1) <= 1e-12).all()


def test_without_noise_probabilities_are_the_shares() -> None:
    counts = np.zeros(CELLS)
    counts[0, 1, 1, 0], counts[0, 1, 1, 2], counts[0, 1, 0, LISTED] = 60, 10, 30
    shares = NoisedPlaces(counts, 0.0).probabilities()
    assert shares[1, 0] == pytest.approx(0.6)
    # The second place had nobody, and the third ten: both have five.
    assert shares[1, 1:3] == pytest.approx([0.05, 0.05])


def test_places_count_from_nothing_and_end_with_not_listed() -> None:
    listed = np.array([[4, 5, *range(10, 18)], [4, 5, *range(10, 18)]])
    assert places_of(listed, np.array([5, 9])).tolist() == [1, LISTED]


@pytest.mark.parametrize(
    "change",
    [
        {"rows": np.array([0, 0])},
        {"rows": np.array([0, 7])},
        {"cases": np.array([1.0, -2.0])},
        {"sums": np.zeros((2, 4))},
        {"sums": np.full((2, 3), np.nan)},
        {"deviation": np.array([1.0, 2.0])},
        {"more": np.zeros(1)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(change: dict[str, np.ndarray]) -> None:
    good = NoisedCentroids(
        np.array([0, 2]), np.ones(2, dtype=np.float32), np.ones((2, 3), dtype=np.float32), 1.0
    )
    arrays = centroid_arrays(good)
    assert centroids_of(arrays, (5, 3)).rows.tolist() == [0, 2]
    with pytest.raises(JuntosError, match="centroids of other diseases"):
        centroids_of({**arrays, **change}, (5, 3))
