"""Blocks find what comparing every pair of rows would find."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from client.data_quality.checks.duplicates import agreement_chances
from client.data_quality.checks.near_duplicates import DIFFERENCES, candidate_pairs


def every_near_pair(values: npt.NDArray[np.int64]) -> set[tuple[int, int]]:
    return {
        (first, second)
        for first, second in itertools.combinations(range(len(values)), 2)
        if (values[first] != values[second]).sum() <= DIFFERENCES
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 9), st.integers(2, 30))
def test_no_near_pair_is_missed(seed: int, features: int, count: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(-1, 6, (count, features))
    copied = values[random.integers(0, count, count)].copy()
    for row in copied:
        row[random.integers(0, features, 2)] = random.integers(0, 6, 2)
    rows = np.concatenate([values, copied])[:48]
    pairs = {(int(a), int(b)) for a, b in candidate_pairs(rows, agreement_chances(rows))}
    assert every_near_pair(rows) <= pairs
    assert all(first < second for first, second in pairs)


def test_a_hospital_of_fifty_thousand_is_not_compared_pair_by_pair() -> None:
    random = np.random.default_rng(0)
    values = random.integers(0, 300, (50_000, 8))
    pairs = candidate_pairs(values, agreement_chances(values))
    assert len(pairs) < 0.001 * len(values) ** 2
