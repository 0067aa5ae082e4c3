from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.errors import SettingsError
from shared.records import Records
from simulations.experiments.partitions import (
    Rows,
    by_order,
    by_size,
    by_value,
    dirichlet,
    iid,
    unequal,
)
from simulations.experiments.sources import PartitionedSource, split

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
@given(SEEDS, st.sampled_from(["iid", "dirichlet", "by_size", "unequal"]))
def test_the_same_seed_gives_the_same_split(seed: int, name: str) -> None:
    records = records_with(["none", "grade_1"] * 20)

    def parts() -> list[list[str]]:
        source = PartitionedSource(
            kind="partition",
            mapping=Path("mapping.toml"),
            hospitals=3,
            partition=name,
            shares=[1, 2, 3] if name == "by_size" else [],
        )
        return [list(part.labels) for part in split(records, source, seed).values()]

    assert parts() == parts()


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
    with pytest.raises(ValidationError, match="2 shares for 3 hospitals"):
        PartitionedSource(
            kind="partition",
            mapping=Path("mapping.toml"),
            hospitals=3,
            partition="by_size",
            shares=[1, 2],
        )
    with pytest.raises(ValidationError, match="needs a column"):
        PartitionedSource(kind="partition", mapping=Path("mapping.toml"), partition="by_column")
    with pytest.raises(ValidationError, match="give mapping"):
        PartitionedSource(kind="partition")


def test_a_column_gives_each_of_its_values_a_hospital() -> None:
    table = pd.DataFrame({"sex": ["male", "female", None, "male"], "age": [1.0, 2.0, 3.0, 4.0]})
    records = Records(table, np.array(["none"] * 4, dtype=object))
    parts = by_value(records, "sex")
    assert {name: rows.tolist() for name, rows in parts.items()} == {
        "female": [1],
        "male": [0, 3],
        "unknown": [2],
    }
    with pytest.raises(SettingsError, match="no feature"):
        by_value(records, "height")


def test_an_order_separates_patients_as_much_as_it_is_told() -> None:
    ages = np.random.default_rng(0).permutation(400).astype(float)
    records = Records(pd.DataFrame({"age": ages}), np.array(["none"] * 400, dtype=object))

    def means(mixing: float) -> list[float]:
        return [float(ages[rows].mean()) for rows in by_order(records, "age", 4, mixing, seed=1)]

    apart = by_order(records, "age", 4, 0.0, seed=1)
    assert [float(ages[rows].max()) for rows in apart] == [99, 199, 299, 399]
    assert np.ptp(means(10.0)) < 40 < 250 < np.ptp(means(0.0))
    assert_every_row_once(by_order(records, "age", 3, 0.5, seed=1), 400)


@given(st.integers(1, 60), HOSPITALS, st.floats(0.1, 100), SEEDS)
def test_unequal_hospitals_hold_every_row_once(
    rows: int, hospitals: int, alpha: float, seed: int
) -> None:
    parts = unequal(records_with(["none"] * rows), hospitals, alpha, seed)
    assert len(parts) == hospitals
    assert_every_row_once(parts, rows)
