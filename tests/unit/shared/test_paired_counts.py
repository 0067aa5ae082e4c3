"""Comparing two models by counts that hospitals add up."""

from __future__ import annotations

import numpy as np
import pytest

from shared.errors import JuntosError
from shared.metrics.paired_counts import (
    add_pairs,
    check_pairs,
    compared_classes,
    count_pairs,
    difference,
)


def answers(rows: int, right_first: float, right_second: float, seed: int) -> list[np.ndarray]:
    """Return who is right where, and rows of three classes."""
    generator = np.random.default_rng(seed)
    members = np.eye(3, dtype=bool)[generator.integers(3, size=rows)]
    return [*(generator.random(rows) < p for p in (right_first, right_second)), members]


def test_sums_over_hospitals_are_the_counts_of_all_rows() -> None:
    parts = [answers(40, 0.6, 0.8, seed) for seed in range(4)]
    total = add_pairs(count_pairs(*each, 200, n) for n, each in enumerate(parts))
    first, second, members = (np.concatenate(each) for each in zip(*parts, strict=True))
    both = first & second
    assert total[0, 0].tolist() == [160, first.sum(), second.sum(), both.sum()]
    rare = members[:, 2]
    everyone = (np.ones(160), first, second, both)
    assert total[0, 3].tolist() == [each[rare].sum() for each in everyone]


def test_the_interval_is_as_wide_as_resampling_the_pooled_rows_makes_it() -> None:
    data = [answers(60, 0.6, 0.7, seed) for seed in range(3)]
    found = difference(add_pairs(count_pairs(*each, 2000, n) for n, each in enumerate(data)), 0)
    assert found is not None
    first, second, _ = (np.concatenate(each) for each in zip(*data, strict=True))
    gain = second.astype(float) - first
    draws = np.random.default_rng(9).integers(len(gain), size=(2000, len(gain)))
    low, high = np.percentile(gain[draws].mean(axis=1), [2.5, 97.5])
    assert found.value == pytest.approx(gain.mean())
    assert found.low == pytest.approx(low, abs=0.02)
    assert found.high == pytest.approx(high, abs=0.02)


def test_equal_models_are_seldom_told_apart() -> None:
    told = 0
    for seed in range(200):
        found = difference(count_pairs(*answers(80, 0.7, 0.7, seed), 300, seed), 0)
        assert found is not None
        told += found.worse
    assert told / 200 < 0.06


def test_a_worse_model_is_found() -> None:
    found = difference(count_pairs(*answers(300, 0.8, 0.5, 1), 300, 1), 0)
    assert found is not None
    assert found.worse


def test_no_row_no_difference() -> None:
    counts = count_pairs(*answers(0, 1, 1, 0), 100, 0)
    assert difference(counts, 0) is None
    assert difference(counts, 1) is None


@pytest.mark.parametrize("position", [(0, 0, 1), (5, 1, 2)])
@pytest.mark.parametrize("value", [-1, 10**12])
def test_impossible_counts_are_refused(position: tuple[int, int, int], value: int) -> None:
    counts = count_pairs(*answers(30, 0.5, 0.5, 0), 100, 0)
    check_pairs(counts, 100, 3)
    counts[position] = value
    with pytest.raises(JuntosError):
        check_pairs(counts, 100, 3)


def test_the_rarest_of_many_classes_are_compared() -> None:
    frequencies = np.concatenate([[0.0, 0.5], np.linspace(0.4, 0.001, 50)])
    chosen = compared_classes(frequencies)
    assert len(chosen) == 32
    assert 0 not in chosen
    assert 1 not in chosen
    assert len(frequencies) - 1 in chosen
