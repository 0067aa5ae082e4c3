"""From what the checks of the data find to questions: each injected thing is asked about."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.review.items import Item, read_items
from client.review.opening import open_database
from client.review.opening_desk import fill, open_desk
from shared.records import Records
from tests.review_hospital import ReviewHospital, review_hospital

ROWS = 160


@pytest.fixture(scope="module")
def injured(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReviewHospital, list[Item]]:
    """A hospital whose source was injured in known places, and what is asked about it."""
    hospital = review_hospital(tmp_path_factory.mktemp("injured") / "node", ROWS, share=0)
    table = pd.read_csv(hospital.source, dtype=str)
    table.loc[0:9, "cholesterol"] = "0"
    table.loc[10:19, "resting_blood_pressure"] = "999"
    table.loc[20:24, "thallium_scan"] = "not done"
    # Recorded only where it is true.
    table.loc[table["exercise_angina"] == "0.0", "exercise_angina"] = np.nan
    again = table.loc[[40, 41]].assign(patient=["again 1", "again 2"])
    wrong = hospital.truth.labels[100:104]
    table.loc[100:103, "diagnosis"] = np.where(wrong == "none", "grade_4", "none")
    pd.concat([table, again]).to_csv(hospital.source, index=False)
    fill(hospital.home)
    engine = open_database(hospital.home)
    items = read_items(engine)
    engine.dispose()
    return hospital, items


def of_cells(items: list[Item]) -> set[tuple[str, str | None]]:
    return {(each.concern.feature, each.concern.matches) for each in items if each.is_of_feature}


def test_cells_that_hold_nothing_are_asked_about_once(
    injured: tuple[ReviewHospital, list[Item]],
) -> None:
    _, items = injured
    asked = of_cells(items)
    assert ("cholesterol", "0") in asked
    assert ("resting_blood_pressure", "999") in asked
    assert ("thallium_scan", "not done") in asked
    assert ("exercise_angina", None) in asked
    counts = Counter(each.id for each in items)
    assert set(counts.values()) == {1}


def test_records_that_are_there_twice_are_asked_about(
    injured: tuple[ReviewHospital, list[Item]],
) -> None:
    _, items = injured
    found = {each.source_row for each in items if "duplicate" in each.concern.kind}
    assert found == {ROWS + 2, ROWS + 3}
    because = next(each.concern.because for each in items if "duplicate" in each.concern.kind)
    assert "42" in because["en"] + because["es"]


def test_each_question_says_in_both_languages_why_it_is_asked(
    injured: tuple[ReviewHospital, list[Item]],
) -> None:
    _, items = injured
    for each in items:
        if each.concern.question != "diagnosis":
            assert set(each.concern.because) == {"en", "es"}
            assert all(each.concern.because.values())
        else:
            assert sum(each.concern.probabilities.values()) == pytest.approx(1)
            assert each.concern.models == "local"
            assert each.concern.suggested != each.label


def test_suspicious_diagnoses_come_before_doubted_ones(
    injured: tuple[ReviewHospital, list[Item]],
) -> None:
    _, items = injured
    severities = [each.concern.severity for each in items if each.concern.question == "diagnosis"]
    assert 0.6 in severities
    assert 0.2 in severities
    flipped = {102, 103, 104, 105}
    asked = {each.source_row for each in items if each.concern.question == "diagnosis"}
    assert len(asked & flipped) >= 2


def test_rows_that_are_no_records_are_left_to_the_source(
    injured: tuple[ReviewHospital, list[Item]],
) -> None:
    hospital, items = injured
    rows = set(open_desk(hospital.home).loaded.rows.tolist())
    assert {each.source_row for each in items if not each.is_of_feature} <= rows
    assert not rows & set(range(2, 12))


def test_a_hospital_of_two_patients_has_a_queue(tmp_path: Path) -> None:
    hospital = review_hospital(tmp_path / "node", 40, share=0)
    hospital.write(Records(hospital.truth.table.head(2), hospital.truth.labels[:2]))
    assert fill(hospital.home) >= 0
