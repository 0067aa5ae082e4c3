"""Merging hospitals' summaries gives the summary of the pooled rows, in any order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract import load_contract
from shared.errors import JuntosError
from shared.records import Records, concatenate
from shared.statistics import Summary, merge_summaries, summarise
from tests.conftest import random_records

CONTRACTS = {name: load_contract(name) for name in ("heart_disease", "rare_disease")}


def cut(records: Records, points: list[int]) -> list[Records]:
    edges = [0, *sorted(points), len(records)]
    rows = np.arange(len(records))
    return [records.take(rows[a:b]) for a, b in itertools.pairwise(edges)]


def assert_same(first: Summary, second: Summary) -> None:
    """Counts are equal exactly, sums to rounding."""
    one, other = first.model_dump(), second.model_dump()
    for name, feature in one["features"].items():
        twin = other["features"][name]
        for key in ("total", "total_of_squares"):
            if key in feature:
                assert feature.pop(key) == pytest.approx(twin.pop(key), rel=1e-12, abs=1e-6)
    assert one == other


@pytest.mark.parametrize("name", list(CONTRACTS))
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), points=st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_merged_equals_pooled_for_any_partition_and_order(
    name: str, seed: int, points: list[int]
) -> None:
    contract = CONTRACTS[name]
    records = random_records(contract, 60, seed)
    parts = [summarise(contract, part) for part in cut(records, points)]
    pooled = summarise(contract, records)
    assert_same(merge_summaries(parts), pooled)
    assert_same(merge_summaries(reversed(parts)), pooled)
    left = merge_summaries([merge_summaries(parts[:2]), *parts[2:]])
    right = merge_summaries([parts[0], merge_summaries(parts[1:])])
    assert_same(left, right)
    pooled.check(contract)


def test_json_round_trip_is_exact() -> None:
    contract = CONTRACTS["rare_disease"]
    summary = summarise(contract, random_records(contract, 40, 1))
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


def test_a_term_counts_for_its_ancestors_once_per_row() -> None:
    contract = CONTRACTS["rare_disease"]
    records = random_records(contract, 1, 0, missing=0)
    table = records.table.copy()
    table.at[0, "phenotypes"] = ("HP:0001166", "HP:0001519")
    counts = summarise(contract, Records(table, records.labels)).features["phenotypes"]
    assert counts.kind == "terms"
    assert set(counts.counts.values()) == {1}
    assert "HP:0000924" in counts.counts  # skeletal system, above arachnodactyly


def test_a_summary_that_does_not_fit_the_contract_is_refused() -> None:
    contract = CONTRACTS["heart_disease"]
    summary = summarise(contract, random_records(contract, 30, 2))
    ages = summary.features["age"]
    tampered = [
        {"contract_hash": "0" * 64},
        {"classes": {"made_up": 30}},
        {"features": {}},
        {"features": {**summary.features, "age": ages.model_copy(update={"histogram": [1]})}},
        {"features": {**summary.features, "age": ages.model_copy(update={"present": 10_000})}},
    ]
    for change in tampered:
        with pytest.raises(JuntosError):
            summary.model_copy(update=change).check(contract)


def test_pooling_keeps_every_row() -> None:
    contract = CONTRACTS["heart_disease"]
    parts = [random_records(contract, 10, seed) for seed in range(3)]
    assert len(concatenate(parts)) == 30
