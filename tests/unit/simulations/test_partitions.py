from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import SettingsError
from shared.records import Records
from simulations.partitions import Rows, by_size, dirichlet, iid, partition

LABELS = st.lists(st.sampled_from(["none", "grade_1", "grade_4"]), max_size=60)
SEEDS = st.integers(0, 2**32 - 1)
HOSPITALS = st.integers(1, 9)


def records_with(labels: list[str]) -> Records:
    return Records(pd.DataFrame({"age": np.zeros(len(labels))}), np.array(labels, dtype=object))


def assert_every_row_once(parts: list[Rows], rows: int) -> None:
    assert sorted(np.concatenate(parts).tolist()) == list(range(rows))


@given(LABELS, HOSPITALS, SEEDS)
def test_iid_deals_every_row_once_and_evenly(labels: list[str], hospitals: int, seed: int) -> None:
    parts = iid(records_with(labels), hospitals, seed)
    assert len(parts) == hospitals
    assert_every_row_once(parts, len(labels))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


@given(LABELS, HOSPITALS, st.floats(1e-4, 1e4), SEEDS)
def test_dirichlet_deals_every_row_once_and_evenly(
    labels: list[str], hospitals: int, alpha: float, seed: int
) -> None:
    parts = dirichlet(records_with(labels), hospitals, alpha, seed)
    assert len(parts) == hospitals
    assert_every_row_once(parts, len(labels))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


@given(LABELS, st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=9), SEEDS)
def test_sizes_deal_every_row_once_in_proportion(
    labels: list[str], shares: list[float], seed: int
) -> None:
    parts = by_size(records_with(labels), shares, seed)
    assert_every_row_once(parts, len(labels))
    expected = np.array(shares) / sum(shares) * len(labels)
    assert np.abs(np.array([len(part) for part in parts]) - expected).max() <= 1 + 1e-9


@settings(max_examples=20)
@given(SEEDS, st.sampled_from(["iid", "dirichlet", "by_size"]))
def test_the_same_seed_gives_the_same_split(seed: int, name: str) -> None:
    records = records_with(["none", "grade_1"] * 20)

    def split() -> list[list[int]]:
        parts = partition(
            records,
            name,  # type: ignore[arg-type]
            hospitals=3,
            alpha=0.5,
            shares=[1, 2, 3],
            seed=seed,
        )
        return [part.tolist() for part in parts]

    assert split() == split()


def test_a_small_alpha_skews_the_case_mix_and_a_large_one_does_not() -> None:
    records = records_with(["none"] * 500 + ["grade_1"] * 500)

    def spread(alpha: float) -> float:
        parts = dirichlet(records, 4, alpha, seed=0)
        shares = [np.mean(records.labels[part] == "none") for part in parts if len(part)]
        return float(np.ptp(shares))

    assert spread(0.05) > 0.8
    assert spread(1000) < 0.15


def test_impossible_partitions_are_refused() -> None:
    records = records_with(["none"] * 5)
    with pytest.raises(SettingsError):
        iid(records, 0, seed=0)
    with pytest.raises(SettingsError):
        dirichlet(records, 2, 0.0, seed=0)
    with pytest.raises(SettingsError):
        by_size(records, [1, -1], seed=0)
    with pytest.raises(SettingsError, match="2 shares for 3 hospitals"):
        partition(records, "by_size", hospitals=3, alpha=1, shares=[1, 2], seed=0)
