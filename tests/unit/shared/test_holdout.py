from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from shared.contract import Contract
from shared.errors import DataError
from shared.holdout import HoldoutSettings, split
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
