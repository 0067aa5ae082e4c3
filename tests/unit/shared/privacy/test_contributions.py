"""Adding or removing one person changes one row, and nothing else."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contract import load_contract
from shared.privacy.contributions import one_record_each
from shared.records import Records, in_order_of_appearance
from tests.conftest import random_records

CONTRACT = load_contract("heart_disease")


def of_persons(whose: list[int], seed: int) -> Records:
    records = random_records(CONTRACT, len(whose), seed)
    return Records(records.table, records.labels, in_order_of_appearance(np.array(whose)))


def contents(records: Records) -> Counter[str]:
    rows = zip(*(records.table[name].tolist() for name in records.table), strict=True)
    labels = records.labels.tolist()
    return Counter(repr((row, label)) for row, label in zip(rows, labels, strict=True))


whose_rows = st.lists(st.integers(0, 8), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(whose_rows, st.integers(0, 5), st.integers(0, 5))
def test_removing_one_person_removes_one_row(whose: list[int], seed: int, drawn: int) -> None:
    records = of_persons(whose, drawn)
    everyone = contents(one_record_each(records, seed))
    assert everyone.total() == len(set(whose))
    for person in set(whose):
        others = np.flatnonzero(np.array(whose) != person)
        without = contents(one_record_each(records.take(others), seed))
        assert (everyone - without).total() == 1
        assert not without - everyone


@settings(max_examples=40, deadline=None)
@given(whose_rows, st.randoms())
def test_where_rows_stand_does_not_matter(whose: list[int], order: Random) -> None:
    records = of_persons(whose, 1)
    shuffled = list(range(len(whose)))
    order.shuffle(shuffled)
    moved = records.take(np.array(shuffled, dtype=np.intp))
    assert contents(one_record_each(moved, 3)) == contents(one_record_each(records, 3))


def test_every_row_that_is_kept_is_a_person_of_its_own() -> None:
    kept = one_record_each(of_persons([0, 0, 1, 1, 2], 0), 1)
    assert kept.patients is None
    assert len(kept) == 3


def test_records_of_persons_with_one_row_stay_as_they_are() -> None:
    records = random_records(CONTRACT, 20, 0)
    assert one_record_each(records, 1) is records


def test_copies_of_a_record_are_one_record() -> None:
    records = of_persons([0] * 4, 0).take(np.zeros(4, dtype=np.intp))
    assert len(one_record_each(records, 1)) == 1


def test_each_record_of_a_person_is_as_likely_as_the_others() -> None:
    records = of_persons([0] * 4 + [1], 5)
    table = records.table.assign(age=np.arange(5.0))
    records = Records(table, records.labels, records.patients)
    kept = Counter(one_record_each(records, seed).table["age"].iloc[0] for seed in range(800))
    assert len(kept) == 4
    assert all(count == pytest.approx(200, abs=60) for count in kept.values())
