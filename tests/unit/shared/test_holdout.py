from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from shared.contract import Contract
from shared.errors import DataError
from shared.holdout import HoldoutSettings, latest_persons, split
from shared.records import Records
from tests.conftest import random_records


def test_every_row_is_on_one_side_and_the_seed_decides(contract: Contract) -> None:
    records = random_records(contract, 101, 0)
    chosen = HoldoutSettings(test_share=0.3, seed=5)
    train, test = split(contract, records, chosen)
    again, _ = split(contract, records, chosen)
    assert len(train) + len(test) == 101
    assert train.content_hash() == again.content_hash()
    other, _ = split(contract, records, HoldoutSettings(test_share=0.3, seed=6))
    assert other.content_hash() != train.content_hash()


def test_classes_keep_their_shares(contract: Contract) -> None:
    records = random_records(contract, 600, 1)
    train, test = split(contract, records, HoldoutSettings(test_share=0.25))
    for code in contract.classes:
        share = (test.labels == code).sum() / (records.labels == code).sum()
        assert share == pytest.approx(0.25, abs=0.02)
    assert len(train) == 450


def test_folds_cover_every_row_once(contract: Contract) -> None:
    records = random_records(contract, 90, 2)
    held = [
        split(contract, records, HoldoutSettings(folds=3, fold=fold, seed=1))[1].table
        for fold in range(3)
    ]
    assert sum(len(table) for table in held) == 90
    ages = np.sort(np.concatenate([table["st_depression"].fillna(-9) for table in held]))
    np.testing.assert_array_equal(ages, np.sort(records.table["st_depression"].fillna(-9)))


def test_no_rows_is_said(contract: Contract) -> None:
    with pytest.raises(DataError, match="no rows"):
        split(contract, random_records(contract, 0, 1), HoldoutSettings())


def test_a_single_row_is_trained_on(contract: Contract) -> None:
    alone = random_records(contract, 1, 1)
    for settings in (HoldoutSettings(), HoldoutSettings(folds=5, fold=0)):
        training, held_out = split(contract, alone, settings)
        assert (len(training), len(held_out)) == (1, 0)


def test_fewer_rows_than_folds_are_each_held_out_once(contract: Contract) -> None:
    records = random_records(contract, 3, 1)
    kept_back = []
    for fold in range(5):
        training, held_out = split(contract, records, HoldoutSettings(folds=5, fold=fold))
        assert len(training) + len(held_out) == 3
        kept_back += held_out.table["age"].tolist()
    assert sorted(kept_back, key=str) == sorted(records.table["age"].tolist(), key=str)


def test_half_a_fold_is_refused() -> None:
    with pytest.raises(ValidationError):
        HoldoutSettings(folds=5)
    with pytest.raises(ValidationError):
        HoldoutSettings(folds=5, fold=5)


def dated(contract: Contract, days: list[str | None], persons: list[int] | None = None) -> Records:
    records = random_records(contract, len(days), 3)
    dates = np.array(["NaT" if each is None else each for each in days], dtype="datetime64[D]")
    return replace(
        records, dates=dates, patients=None if persons is None else np.array(persons, np.int64)
    )


def test_by_time_the_latest_persons_are_held_out(contract: Contract) -> None:
    days = [f"2026-01-{day:02}" for day in range(1, 21)]
    order = np.random.default_rng(0).permutation(20)
    records = dated(contract, [days[each] for each in order])
    train, test = split(contract, records, HoldoutSettings(by="time", test_share=0.25))
    assert train.dates is not None
    assert test.dates is not None
    assert len(test) == 5
    assert test.dates.min() > train.dates.max()


def test_a_person_came_on_the_day_of_the_first_row(contract: Contract) -> None:
    days = ["2026-01-01", "2026-03-09", "2026-02-01", "2026-03-01", "2026-03-02", None]
    records = dated(contract, days, [0, 0, 1, 2, 2, 3])
    chosen = HoldoutSettings(by="time", later_than=datetime.date(2026, 2, 1))
    train, test = split(contract, records, chosen)
    assert test.dates is not None
    assert test.dates.astype(str).tolist() == ["2026-03-01", "2026-03-02"]
    # Of a person without a date nobody knows that it came later.
    assert len(train) == 4


@pytest.mark.parametrize(
    "days", [[None] * 12, ["2026-01-01"] * 12], ids=["no row has a date", "all on one day"]
)
def test_what_dates_cannot_divide_is_drawn(contract: Contract, days: list[str | None]) -> None:
    records = dated(contract, days)
    drawn = HoldoutSettings(test_share=0.25)
    by_time = drawn.model_copy(update={"by": "time"})
    assert latest_persons(records, by_time) is None
    for one, other in zip(
        split(contract, records, drawn), split(contract, records, by_time), strict=True
    ):
        assert one.content_hash() == other.content_hash()
