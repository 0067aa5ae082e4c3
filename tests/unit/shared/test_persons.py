"""Rows of one person stay together, whatever is done with records."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract import Contract, load_contract
from shared.errors import DataError
from shared.holdout import HoldoutSettings, split
from shared.records import Records, concatenate, in_order_of_appearance
from shared.task import TaskSettings
from tests.conftest import random_records

CONTRACT = load_contract("heart_disease")
SHARE = HoldoutSettings(test_share=0.3, seed=3)
FOLD = HoldoutSettings(folds=3, fold=1, seed=3)


def of_persons(rows: int, persons: int, seed: int) -> Records:
    """Draw records whose age is their person's number, so that they are told apart anywhere."""
    records = random_records(CONTRACT, rows, seed)
    drawn = np.random.default_rng(seed).integers(0, persons, rows)
    table = records.table.assign(age=drawn.astype(np.float64))
    return Records(table, records.labels, in_order_of_appearance(drawn))


def says_the_same(records: Records) -> None:
    """Check that `patients` tells rows apart as their ages do, and is numbered as promised."""
    assert records.patients is not None
    ages = records.table["age"].to_numpy()
    np.testing.assert_array_equal(records.patients, in_order_of_appearance(ages))
    assert records.patients.dtype == np.int64


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 9), st.randoms())
def test_taking_rows_renumbers_their_persons(
    rows: int, persons: int, seed: int, order: Random
) -> None:
    records = of_persons(rows, persons, seed)
    chosen = order.sample(range(rows), order.randint(0, rows))
    says_the_same(records.take(np.array(chosen, dtype=np.intp)))


def test_persons_of_two_hospitals_are_never_one() -> None:
    first, second = of_persons(20, 5, 0), of_persons(15, 4, 1)
    alone = random_records(CONTRACT, 3, 2)
    joined = concatenate([first, alone, second]).persons()
    assert len(set(joined.tolist())) == first.persons().max() + 1 + 3 + second.persons().max() + 1
    assert set(joined.tolist()) == set(range(joined.max() + 1))
    np.testing.assert_array_equal(joined[:20], first.persons())
    assert concatenate([alone, alone]).patients is None


def test_a_task_sees_the_same_persons() -> None:
    records = of_persons(20, 5, 0)
    view = TaskSettings(level="group", exclude_features=["sex"]).records(CONTRACT, records)
    np.testing.assert_array_equal(view.persons(), records.persons())


@pytest.mark.parametrize("chosen", [SHARE, FOLD, HoldoutSettings(tuning_share=0.3, seed=1)])
@pytest.mark.parametrize("seed", range(5))
def test_all_rows_of_a_person_are_on_one_side(chosen: HoldoutSettings, seed: int) -> None:
    records = of_persons(200, 60, seed)
    train, test = split(CONTRACT, records, chosen)
    says_the_same(train)
    says_the_same(test)
    assert len(train)
    assert len(test)
    assert not set(train.table["age"]) & set(test.table["age"])


def test_the_share_is_of_persons_and_every_row_is_on_a_side() -> None:
    records = of_persons(900, 300, 4)
    train, test = split(CONTRACT, records, SHARE)
    persons = records.persons().max() + 1
    assert test.persons().max() + 1 == pytest.approx(0.3 * persons, abs=1)
    assert len(train) + len(test) == 900


@pytest.mark.parametrize("chosen", [SHARE, FOLD])
def test_where_every_row_is_a_person_of_its_own_the_split_is_that_of_rows(
    contract: Contract, chosen: HoldoutSettings
) -> None:
    records = random_records(contract, 120, 7)
    told = Records(records.table, records.labels, np.arange(120, dtype=np.int64))
    for plain, other in zip(
        split(contract, records, chosen), split(contract, told, chosen), strict=True
    ):
        assert plain.table.equals(other.table)
        assert plain.labels.tolist() == other.labels.tolist()


def test_persons_with_a_rare_row_are_shared_out_as_the_rare_class() -> None:
    rows, rare = 400, 40
    labels = np.full(rows, "none", dtype=object)
    labels[:rare] = "grade_4"
    table = random_records(CONTRACT, rows, 1).table
    # Each person has two rows: those of the rare class also one of the common class.
    patients = in_order_of_appearance(np.arange(rows) % 200)
    _, test = split(CONTRACT, Records(table, labels, patients), HoldoutSettings(test_share=0.25))
    assert (test.labels == "grade_4").sum() == rare // 4


def test_one_person_is_trained_on_and_two_may_be_too_few() -> None:
    alone = of_persons(6, 1, 0)
    train, test = split(CONTRACT, alone, SHARE)
    assert (len(train), len(test)) == (6, 0)
    with pytest.raises(DataError, match="2 patients are too few"):
        split(CONTRACT, of_persons(40, 2, 0), HoldoutSettings(test_share=0.999))


def test_who_has_which_row_is_part_of_the_version_of_the_data() -> None:
    records = of_persons(20, 5, 0)
    apart = Records(records.table, records.labels)
    assert records.content_hash() != apart.content_hash()
    assert records.content_hash() == of_persons(20, 5, 0).content_hash()
