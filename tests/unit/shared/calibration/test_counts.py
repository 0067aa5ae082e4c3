"""Counts of parts add up to those of the whole; what no rows can give is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.calibration import CalibrationCounts, count, merge_counts
from shared.calibration.counts import empty
from shared.errors import JuntosError
from tests.unit.shared.calibration.patients import partition, true_patients


def assert_equal(first: CalibrationCounts, second: CalibrationCounts) -> None:
    np.testing.assert_allclose(first.losses, second.losses, rtol=1e-9)
    assert first.model_dump(exclude={"losses"}) == second.model_dump(exclude={"losses"})


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), hospitals=st.integers(1, 6))
def test_any_partition_adds_up(seed: int, hospitals: int) -> None:
    patients = true_patients(60, seed, coarse_share=0.2)
    parts = [part.counts() for part in partition(patients, hospitals, seed).values()]
    assert_equal(merge_counts(parts), patients.counts())
    assert_equal(merge_counts(parts[::-1]), patients.counts())


def test_merging_is_associative_and_nothing_is_neutral() -> None:
    first, second, third = (true_patients(30, seed).counts() for seed in range(3))
    assert_equal(first.merge(second).merge(third), first.merge(second.merge(third)))
    assert_equal(first.merge(empty(4)), first)


def test_counts_travel_as_json() -> None:
    counts = true_patients(50, 1, coarse_share=0.3).counts()
    assert CalibrationCounts.model_validate_json(counts.model_dump_json()) == counts


def test_rows_are_counted_once_and_by_kind_of_label() -> None:
    patients = true_patients(200, 2, coarse_share=0.3)
    counts = patients.counts()
    leaves = int((patients.candidates.sum(axis=1) == 1).sum())
    assert (counts.rows, counts.leaf_rows) == (200, leaves)
    assert 0 < leaves < 200
    counts.check(4)


def test_the_loss_at_temperature_one_is_the_log_loss() -> None:
    patients = true_patients(80, 3, coarse_share=0.3)
    loss = patients.log_loss(patients.probabilities) * 80
    assert patients.counts().losses[30] == pytest.approx(loss, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"losses": [1e9] * 61}, "a loss that no probabilities can have"),
        ({"score_of_class": [[0] * 240] * 4}, "miss or repeat rows"),
        ({"score_of_others": [[9] * 240] * 4}, "miss or repeat rows"),
        ({"nonconformity_of_coarse": [2**40] + [0] * 999}, "more rows than any hospital"),
    ],
)
def test_counts_that_no_rows_can_give_are_refused(change: dict[str, object], reason: str) -> None:
    counts = true_patients(40, 4).counts()
    hostile = CalibrationCounts.model_validate({**counts.model_dump(), **change})
    with pytest.raises(JuntosError, match=reason):
        hostile.check(4)


def test_counts_of_other_classes_are_refused() -> None:
    with pytest.raises(JuntosError, match="4 classes instead of 5"):
        true_patients(40, 4).counts().check(5)
    with pytest.raises(ValueError, match="different classes"):
        merge_counts([empty(4), empty(5)])


@pytest.mark.parametrize(
    "change",
    [
        {"losses": [0.0] * 60},
        {"losses": [float("nan")] * 61},
        {"score_of_class": [[0] * 240] * 3},
        {"score_of_others": [[0] * 239] * 4},
        {"nonconformity_of_leaves": [-1] + [0] * 999},
        {"nonconformity_of_coarse": [0]},
    ],
)
def test_counts_of_another_shape_are_refused(change: dict[str, object]) -> None:
    counts = true_patients(10, 4).counts().model_dump()
    with pytest.raises(ValidationError):
        CalibrationCounts.model_validate({**counts, **change})


def test_only_probabilities_of_labelled_rows_are_counted() -> None:
    patients = true_patients(5, 5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        count(patients.probabilities * 5 - 1, patients.candidates)
    with pytest.raises(ValueError, match="between 0 and 1"):
        count(patients.probabilities * np.nan, patients.candidates)
    with pytest.raises(ValueError, match="at least one candidate"):
        count(patients.probabilities, np.zeros_like(patients.candidates))


def test_very_many_classes_share_one_pair_of_histograms() -> None:
    counts = true_patients(30, 6, classes=200).counts()
    assert len(counts.score_of_class) == len(counts.score_of_others) == 1
    assert sum(counts.score_of_others[0]) == 30 * 199
    counts.check(200)
