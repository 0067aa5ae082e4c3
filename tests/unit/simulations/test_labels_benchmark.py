"""Flips, queues and reviews of the benchmark of wrong diagnoses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.contract import load_contract
from shared.records import Records, records_from_columns
from simulations.benchmarks.label_queues import plain_columns, queue_of
from simulations.benchmarks.labels import Flipped, after_review, flip, found_in, read_lifted

CONTRACT = load_contract("heart_disease").at_group_level()


def hospital(rows: int) -> Records:
    ages: list[object] = [float(40 + row % 30) for row in range(rows)]
    return records_from_columns(CONTRACT, {"age": ages}, ["none", "disease"] * (rows // 2))


@pytest.fixture
def flipped() -> Flipped:
    return flip({"a": hospital(40), "b": hospital(60)}, "b", 3)


def test_a_share_of_one_hospital_is_flipped_and_the_same_for_a_seed(flipped: Flipped) -> None:
    assert flipped.wrong.sum() == 9
    assert (flipped.records.labels != flipped.truth).tolist() == flipped.wrong.tolist()
    again = flip({"a": hospital(40), "b": hospital(60)}, "b", 3)
    other = flip({"a": hospital(40), "b": hospital(60)}, "b", 4)
    assert again.wrong.tolist() == flipped.wrong.tolist()
    assert other.wrong.tolist() != flipped.wrong.tolist()
    assert flipped.hospitals["a"].labels.tolist() == hospital(40).labels.tolist()


def test_a_queue_that_knows_finds_all_and_one_that_errs_finds_none(flipped: Flipped) -> None:
    truth = (flipped.truth == "disease").astype(float)
    order = [1 - truth, truth] if CONTRACT.leaves[1] == "disease" else [truth, 1 - truth]
    said = np.stack(order, axis=1)
    best = queue_of(CONTRACT, flipped.records.labels, said, corrected=False)
    assert found_in(best, flipped.wrong) == {"top15": 1.0, "top30": 1.0}
    assert found_in(best[::-1], flipped.wrong) == {"top15": 0.0, "top30": 0.0}
    assert after_review(flipped, best).tolist() == flipped.truth.tolist()
    assert after_review(flipped, best[::-1]).tolist() == flipped.records.labels.tolist()


def test_columns_keep_what_is_missing() -> None:
    columns = plain_columns(CONTRACT, hospital(4))
    assert columns.shape == (4, len(CONTRACT.features))
    assert columns[:, 0].tolist() == [40, 41, 42, 43]
    assert np.isnan(columns[:, 1:]).all()


def test_all_rows_of_four_hospitals_take_part(heart_data: Path) -> None:
    contract, hospitals = read_lifted(heart_data)
    assert sum(map(len, hospitals.values())) == 920
    assert sorted(contract.leaves) == ["disease", "none"]
    assert all(set(each.labels) == {"none", "disease"} for each in hospitals.values())
