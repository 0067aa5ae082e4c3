"""``juntos node review``, as people and programs use it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from client.cli import app
from client.home import open_home, open_hospital
from client.privacy.erasable import Erasable
from client.review.erasing import ReviewStore
from client.review.opening_desk import open_desk
from shared.errors import JuntosError, SettingsError
from shared.records import Records
from tests.review_hospital import ReviewHospital, review_hospital


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> ReviewHospital:
    found = review_hospital(tmp_path_factory.mktemp("filled") / "node", rows=120)
    told = run(found, "fill")
    assert "questions are in the queue" in told
    return found


@pytest.fixture
def hospital(filled: ReviewHospital, tmp_path: Path) -> ReviewHospital:
    shutil.copytree(filled.home.path, tmp_path / "node")
    return replace(filled, home=open_home(tmp_path / "node"))


def run(hospital: ReviewHospital, *arguments: str) -> str:
    command = ["review", *arguments, "--home", str(hospital.home.path)]
    result = CliRunner().invoke(app, command)
    if isinstance(result.exception, JuntosError):
        raise result.exception
    assert result.exit_code == 0, result.exception
    return result.output


def run_json(hospital: ReviewHospital, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(run(hospital, *arguments, "--json"))


def first(hospital: ReviewHospital) -> dict[str, Any]:
    questions = run_json(hospital, "list", "--limit", "0")
    found: dict[str, Any] = next(each for each in questions if each["asked"] == "diagnosis")
    return found


def test_the_queue_is_listed_most_harmful_first(hospital: ReviewHospital) -> None:
    questions = run_json(hospital, "list", "--limit", "0")
    harms = [each["harm"] for each in questions]
    assert harms == sorted(harms, reverse=True)
    wrong = {row + 2 for row in hospital.wrong}
    asked = [each["source_row"] for each in questions if each["asked"] == "diagnosis"]
    # Three times as many wrong ones as among any rows.
    assert len(wrong & set(asked)) / len(asked) > 3 * len(wrong) / 120
    lines = run(hospital, "list", "--limit", "3").splitlines()
    assert lines[0].split()[:3] == ["question", "harm", "asked"]
    assert "more; show them with --limit 0" in lines[-1]


def test_a_question_is_answered_shown_and_taken_back(hospital: ReviewHospital) -> None:
    asked = first(hospital)
    number, row = asked["question"], asked["source_row"] - 2
    shown = run_json(hospital, "show", number[:10])
    assert shown["question"] == number
    assert [each["distance"] is None for each in shown["cases"]] == [True, *[False] * 4]
    assert "this record" in run(hospital, "show", number[:10])
    before = open_hospital(hospital.home.path).local
    told = run(
        hospital, "answer", number[:12], "--reader", "Ana", "--class", "grade_4", "--because", "x"
    )
    assert told == "Entry 1: decided.\n"
    after = open_hospital(hospital.home.path).local
    assert after.records.labels[row] == "grade_4"
    assert (after.records.labels != before.records.labels).sum() == 1
    assert "grade_4" in run(hospital, "show")
    assert run_json(hospital, "list", "--reader", "Ana", "--limit", "0") != []
    (entry,) = run_json(hospital, "show")
    assert entry["decision"] == {"answer": "class", "code": "grade_4"}
    status = run_json(hospital, "status")
    assert status["questions"]["decided"] == 1
    assert status["effect"]["relabelled"] == 1
    assert status["overlay"] == after.overlay
    run(hospital, "undo", "1", "--reader", "Ana")
    again = open_hospital(hospital.home.path).local
    assert again.records.content_hash() == before.records.content_hash()
    assert again.overlay == before.overlay
    assert "Corrected: 0 diagnoses" in run(hospital, "status")


def test_a_rule_is_counted_made_listed_and_undone(hospital: ReviewHospital) -> None:
    empty = int(hospital.truth.table["exercise_angina"].isna().sum())
    words = ["exercise_angina", "--empty", "--means", "normal", "--becomes", "no"]
    told = run(hospital, "rule", *words, "--reader", "Ana", "--dry-run")
    assert told == f"{empty} records match.\n"
    run(hospital, "rule", *words, "--reader", "Ana")
    (found,) = run_json(hospital, "rules")
    assert (found["records"], found["state"], found["entry"]) == (empty, "decided", 1)
    assert "normal" in run(hospital, "rules")
    assert not open_hospital(hospital.home.path).local.records.table["exercise_angina"].isna().any()
    run(hospital, "undo", "1", "--reader", "Luis")
    assert run_json(hospital, "rules") == []


def test_a_code_that_no_row_may_have_is_read_as_missing(hospital: ReviewHospital) -> None:
    """A cholesterol of 0: the row is no record until somebody says that the 0 means nothing."""
    text = hospital.source.read_text().splitlines()
    place = text[0].split(",").index("cholesterol")
    for row in range(1, 21):
        cells = text[row].split(",")
        cells[place] = "0"
        text[row] = ",".join(cells)
    hospital.source.write_text("\n".join(text) + "\n")
    assert len(open_hospital(hospital.home.path).local.records) == 100
    run(hospital, "fill")
    questions = run_json(hospital, "list", "--limit", "0")
    (asked,) = [each for each in questions if each["asked"] == "code"]
    assert (asked["feature"], asked["source_row"]) == ("cholesterol", None)
    words = ["cholesterol", "--code", "0", "--means", "lost", "--reader", "Ana"]
    run(hospital, "rule", *words)
    records = open_hospital(hospital.home.path).local.records
    assert len(records) == 120
    assert np.isnan(records.table["cholesterol"].iloc[:20].to_numpy(dtype=float)).all()
    status = run_json(hospital, "status")
    assert status["effect"]["rows"] == {"name": "rows", "before": 100, "after": 120}
    assert status["questions"]["decided"] == 1
    run(hospital, "undo", "1", "--reader", "Ana")
    assert len(open_hospital(hospital.home.path).local.records) == 100


def test_a_decision_on_a_row_that_changed_does_nothing(hospital: ReviewHospital) -> None:
    asked = first(hospital)
    run(hospital, "answer", asked["question"], "--reader", "Ana", "--exclude")
    assert len(open_hospital(hospital.home.path).local.records) == 119
    told = open_desk(hospital.home).loaded.records
    table = told.table.copy()
    table.loc[asked["source_row"] - 2, "age"] = 20.0
    hospital.write(Records(table, told.labels))
    assert len(open_hospital(hospital.home.path).local.records) == 120
    status = run_json(hospital, "status")
    assert (status["questions"]["stale"], status["effect"]["stale"]) == (1, 1)
    # Put back, the decision counts again.
    hospital.write(told)
    assert len(open_hospital(hospital.home.path).local.records) == 119


def test_an_erased_patient_is_erased_here(hospital: ReviewHospital) -> None:
    asked = first(hospital)
    run(hospital, "answer", asked["question"], "--reader", "Ana", "--exclude")
    desk = open_desk(hospital.home)
    person = desk.question(asked["question"]).item.person
    store: Erasable = ReviewStore(hospital.home)
    assert store.erase(person) == 2
    assert store.erase(person) == 0
    assert "erased" in run(hospital, "show")
    assert len(open_hospital(hospital.home.path).local.records) == 120


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["answer", "zzzz", "--reader", "Ana", "--keep"], "is no question"),
        (["answer", "FIRST", "--reader", "Ana"], "Give one"),
        (["answer", "FIRST", "--reader", "Ana", "--keep", "--exclude"], "Give one"),
        (["answer", "FIRST", "--reader", " ", "--keep"], "no reader's name"),
        (["answer", "FIRST", "--reader", "Ana", "--class", "grade_9"], "no class"),
        (["answer", "FIRST", "--reader", "Ana", "--value", "age=900"], "0 to 120"),
        (["rule", "agee", "--empty", "--means", "lost", "--reader", "Ana"], "no feature"),
        (["rule", "age", "--means", "lost", "--reader", "Ana"], "Give one"),
        (["rule", "age", "--empty", "--means", "gone", "--reader", "Ana"], "what it means"),
        (["undo", "7", "--reader", "Ana"], "does not count"),
        (["serve"], "Nobody is invited"),
    ],
)
def test_mistakes_are_named(hospital: ReviewHospital, arguments: list[str], words: str) -> None:
    number = first(hospital)["question"]
    given = [number if each == "FIRST" else each for each in arguments]
    with pytest.raises(SettingsError, match=words):
        run(hospital, *given)
    assert run_json(hospital, "show") == []


def test_an_invitation_is_a_link(hospital: ReviewHospital) -> None:
    told = run(hospital, "invite", "Dr. Ana Ruiz", "--port", "8471")
    assert told.startswith("http://127.0.0.1:8471/sign-in/")
    assert "signs in Dr. Ana Ruiz, once" in told


def test_wrong_settings_are_named(hospital: ReviewHospital) -> None:
    (hospital.home.path / "review.toml").write_text("readers = 3\n")
    with pytest.raises(SettingsError, match="readers"):
        run(hospital, "status")
