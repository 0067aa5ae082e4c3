"""What shared models say of held-out rows is kept whole, and found again for the same records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from client.data_quality.erasing import KeptFoldAnswers
from client.data_quality.kept_probabilities import FoldAnswers, keep, read_kept
from client.erasable_stores import erasable_stores
from client.home import NodeHome
from tests.unit.client.data_quality.clean_hospital import CONTRACT


def answers(fold: int) -> FoldAnswers:
    positions = np.arange(fold, 10, 2)
    return FoldAnswers(
        data_version="a" * 64,
        leaves=CONTRACT.leaves,
        model="random_forest",
        folds=2,
        fold=fold,
        seed=0,
        positions=positions,
        probabilities=np.tile(positions[:, None] / 10, (1, len(CONTRACT.leaves))),
    )


def test_complete_folds_are_joined_in_the_order_of_the_records(tmp_path: Path) -> None:
    for fold in (1, 0):
        keep(tmp_path / "kept", answers(fold))
    (found,) = read_kept(tmp_path / "kept", "a" * 64, CONTRACT)
    assert found[:, 0] == pytest.approx(np.arange(10) / 10)
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_folds_that_are_not_complete_say_nothing(tmp_path: Path) -> None:
    keep(tmp_path, answers(0))
    assert read_kept(tmp_path, "a" * 64, CONTRACT) == []
    keep(tmp_path, replace(answers(1), seed=1))
    assert read_kept(tmp_path, "a" * 64, CONTRACT) == []


def test_other_records_and_other_classes_are_passed_by(tmp_path: Path) -> None:
    for fold in (0, 1):
        keep(tmp_path, answers(fold))
        other = replace(answers(fold), leaves=["x", "y", "z", "w"], model="boosted_trees")
        keep(tmp_path, other)
    assert read_kept(tmp_path, "b" * 64, CONTRACT) == []
    assert len(read_kept(tmp_path, "a" * 64, CONTRACT)) == 1
    assert read_kept(tmp_path / "absent", "a" * 64, CONTRACT) == []


def test_nothing_of_it_is_left_once_a_patient_is_erased(node_home: NodeHome) -> None:
    store = KeptFoldAnswers(node_home)
    assert store.erase("nobody") == 0
    keep(node_home.out_of_fold, answers(0))
    (node_home.out_of_fold / f".{answers(1).name}.17").touch()
    assert store.erase("somebody") == 2
    assert list(node_home.out_of_fold.iterdir()) == []
    assert KeptFoldAnswers.name in [each.name for each in erasable_stores(node_home)]
