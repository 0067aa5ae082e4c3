"""Answers written down: at once, twice, too late, taken back; and what nobody can change."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from client.review.answering import AnsweredMeanwhileError, StaleItemError
from client.review.book import Book, new_request
from client.review.decisions import (
    CorrectClass,
    CorrectValue,
    Exclude,
    Keep,
    NullMeans,
    Rule,
)
from client.review.entry import BrokenReviewError
from client.review.items import Concern
from client.review.values import AnswerError
from client.sources.loading import LoadedRecords
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records
from tests.unit.client.review.answers import answer, question, rule, undo
from tests.unit.client.review.conftest import OpenDesk, diagnosis, loaded_of


def test_the_most_harmful_question_comes_first(open_desk: OpenDesk) -> None:
    desk = open_desk(diagnosis(3, 0.2), diagnosis(1, 0.9), diagnosis(2, 0.5))
    harms = [each.item.harm for each in desk.standing().questions]
    assert harms == sorted(harms, reverse=True)
    assert [each.row for each in desk.standing().waiting_for("ana")] == [1, 2, 3]


def test_an_answer_decides_and_reaches_the_records(open_desk: OpenDesk, any_engine: Engine) -> None:
    desk = open_desk(engine=any_engine)
    row = question(desk, 0).row
    entry = answer(desk, 0, CorrectClass(code="grade_4"), comment=" seen on the angiogram ")
    found = question(desk, 0)
    assert (found.state, found.last) == ("decided", entry.number)
    assert desk.overlaid().loaded.records.labels[row] == "grade_4"
    (decided,) = desk.decided()
    assert decided.content
    assert decided.content.comment == "seen on the angiogram"
    assert decided.entry.reader == "ana"
    assert len(desk.standing().waiting_for("ana")) == 4


def test_a_form_that_is_sent_twice_is_written_once(open_desk: OpenDesk) -> None:
    """A process that was killed between the writing and the reply leaves its reader a retry."""
    desk = open_desk()
    request = new_request()
    first = answer(desk, 0, Exclude(), request=request)
    again = answer(desk, 0, Exclude(), request=request, seen=0)
    assert first == again
    assert len(desk.decided()) == 1


def test_two_readers_at_once_one_is_told(open_desk: OpenDesk, any_engine: Engine) -> None:
    desk = open_desk(engine=any_engine)
    outcomes: list[str] = []
    barrier = threading.Barrier(6)

    def decide(reader: str) -> None:
        barrier.wait()
        try:
            answer(desk, 0, CorrectClass(code="grade_1"), reader, seen=0)
            outcomes.append("written")
        except AnsweredMeanwhileError:
            outcomes.append("told")

    threads = [threading.Thread(target=decide, args=(f"reader {each}",)) for each in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["told"] * 5 + ["written"]
    assert len(desk.decided()) == 1
    # Having seen it, a reader can decide otherwise.
    answer(desk, 0, Keep(), "someone else")
    assert question(desk, 0).consensus.decision == Keep()


def test_two_readers_answer_without_seeing_each_other(open_desk: OpenDesk) -> None:
    desk = open_desk(readers=2)
    answer(desk, 0, CorrectClass(code="grade_1"), "ana", seen=0)
    assert question(desk, 0).state == "second"
    assert not desk.overlay()
    assert desk.hidden_from("luis") == {1}
    assert desk.hidden_from("ana") == set()
    # The first answer is no surprise to the second reader.
    answer(desk, 0, CorrectClass(code="grade_2"), "luis", seen=0)
    assert question(desk, 0).state == "disagreement"
    assert desk.hidden_from("eva") == set()
    with pytest.raises(AnsweredMeanwhileError):
        answer(desk, 0, Keep(), "eva", seen=0)
    answer(desk, 0, Keep(), "eva")
    found = question(desk, 0).consensus
    assert (found.state, found.decision) == ("decided", Keep())
    (agreement,) = desk.agreement()
    assert (agreement.readers, agreement.questions, agreement.share) == (("ana", "luis"), 1, 0)


def test_a_question_about_a_record_that_changed_is_stale(
    open_desk: OpenDesk, loaded: LoadedRecords
) -> None:
    desk = open_desk()
    answer(desk, 1, Exclude())
    table = loaded.records.table.copy()
    table["age"] = 30.0
    changed = open_desk(diagnosis(7), rows=loaded_of(Records(table, loaded.records.labels)))
    assert changed.standing().count()["open"] == 1
    # The same queue, looked at with the changed records.
    again = type(desk)(desk.contract, changed.loaded, b"k" * 32, desk.engine, desk.settings)
    open_desk()
    assert again.standing().count()["stale"] == 5
    assert again.standing().waiting_for("ana") == []
    with pytest.raises(StaleItemError):
        answer(again, 0, Keep())
    assert again.effect().stale == 1
    assert again.effect().rows.after == 30


def test_filling_again_keeps_what_was_answered(open_desk: OpenDesk) -> None:
    desk = open_desk()
    answer(desk, 2, Exclude())
    answered = question(desk, 2).item.id
    again = open_desk(diagnosis(20), *[diagnosis(row, 1 - row / 10) for row in range(5)])
    states = {each.item.id: each.state for each in again.standing().questions}
    assert states[answered] == "decided"
    assert list(states.values()).count("open") == 5


def test_an_answer_is_taken_back_by_its_reader_only(open_desk: OpenDesk) -> None:
    desk = open_desk()
    entry = answer(desk, 0, Exclude())
    with pytest.raises(SettingsError, match="another reader"):
        undo(desk, entry.number, "luis")
    undo(desk, entry.number)
    assert question(desk, 0).state == "open"
    assert not desk.overlay()
    assert len(desk.decided()) == 2
    for number in (entry.number, 2, 99):
        with pytest.raises(SettingsError, match="does not count"):
            undo(desk, number)


def test_a_rule_is_made_replaced_and_undone(open_desk: OpenDesk) -> None:
    desk = open_desk()
    empty = int(desk.loaded.records.table["exercise_angina"].isna().sum())
    normal = Rule(feature="exercise_angina", when="empty", meaning="normal", becomes="no")
    first = rule(desk, normal)
    assert desk.matching(normal) == empty
    (standing,) = desk.rules()
    assert (standing.number, standing.records, standing.state) == (first.number, empty, "decided")
    (change,) = desk.effect().missing
    assert (change.name, change.before, change.after) == ("exercise_angina", empty, 0)
    assert desk.effect().values == empty
    unknown = Rule(feature="exercise_angina", when="empty", meaning="unknown")
    second = rule(desk, unknown, "luis")
    states = {each.number: each.state for each in desk.rules()}
    assert states == {first.number: "overruled", second.number: "decided"}
    assert desk.effect().missing == []
    undo(desk, second.number, "eva")
    assert desk.effect().values == empty
    undo(desk, first.number, "eva")
    assert desk.rules() == []
    assert not desk.overlay()


def test_two_readers_decide_on_a_rule(open_desk: OpenDesk) -> None:
    desk = open_desk(readers=2)
    made = Rule(feature="exercise_angina", when="empty", meaning="normal", becomes="no")
    rule(desk, made)
    assert [each.state for each in desk.rules()] == ["second"]
    assert not desk.overlay()
    rule(desk, made, "luis")
    assert [each.state for each in desk.rules()] == ["decided", "decided"]
    assert len(desk.overlay().rules) == 1


def test_what_a_cell_means_is_answered_by_a_rule(open_desk: OpenDesk) -> None:
    concern = Concern(question="empty", feature="cholesterol", severity=0.6, suspicion=0.3)
    desk = open_desk(concern, diagnosis(1))
    asked = next(each for each in desk.standing().questions if each.item.is_of_feature)
    place = desk.standing().questions.index(asked)
    with pytest.raises(AnswerError):
        answer(desk, place, Exclude())
    made = Rule(feature="cholesterol", when="empty", meaning="not_measured")
    answer(desk, place, made)
    assert question(desk, place).state == "decided"
    # A rule made elsewhere about the same cells is the same question.
    undo(desk, 1)
    rule(desk, made)
    assert question(desk, place).state == "decided"


@pytest.mark.parametrize(
    "wrong",
    [
        CorrectClass(code="grade_9"),
        CorrectValue(feature="age", value="-4"),
        NullMeans(feature="age", meaning="normal"),
        Rule(feature="age", when="empty", meaning="lost"),
    ],
)
def test_what_is_no_answer_is_not_written(
    open_desk: OpenDesk, wrong: CorrectClass | CorrectValue | NullMeans | Rule
) -> None:
    desk = open_desk()
    with pytest.raises(AnswerError):
        answer(desk, 0, wrong)
    assert desk.decided() == []


def test_questions_are_named_by_their_first_digits(open_desk: OpenDesk) -> None:
    desk = open_desk()
    wanted = question(desk, 3).item.id
    assert desk.question(wanted[:16]).item.id == wanted
    for number in ("", "zz"):
        with pytest.raises(SettingsError, match="question"):
            desk.question(number)


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ("UPDATE review_entries SET reader = 'eve'", True),
        ("DELETE FROM review_entries", True),
        ("DELETE FROM review_entries WHERE number = 2", True),
        ("UPDATE review_contents SET content = '{}'", True),
        ("DELETE FROM review_contents WHERE number = 1", False),
    ],
)
def test_the_database_refuses_changes(
    open_desk: OpenDesk, any_engine: Engine, statement: str, is_refused: bool
) -> None:
    desk = open_desk(engine=any_engine)
    for place in range(2):
        answer(desk, place, Exclude())
    if is_refused:
        with (
            pytest.raises(SQLAlchemyError, match="only added"),
            any_engine.begin() as connection,
        ):
            connection.execute(text(statement))
    else:
        with any_engine.begin() as connection:
            connection.execute(text(statement))
    assert len(desk.decided()) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE review_entries SET reader = 'eve' WHERE number = 1",
        "UPDATE review_entries SET item = 'x' WHERE number = 1",
        "UPDATE review_contents SET content = replace(content, 'exclude', 'keep') WHERE number = 1",
        "DELETE FROM review_entries WHERE number = 1",
    ],
)
def test_what_an_administrator_changed_is_found(
    open_desk: OpenDesk, engine: Engine, statement: str
) -> None:
    desk = open_desk()
    for place in range(2):
        answer(desk, place, Exclude())
    with engine.begin() as connection:
        for name in (
            "entries_are_not_changed",
            "entries_are_not_cut",
            "contents_are_not_changed",
        ):
            connection.execute(text(f"DROP TRIGGER review_{name}"))
        connection.execute(text(statement))
    with pytest.raises(BrokenReviewError, match="entry 1 is not"):
        desk.overlay()


def test_an_erased_patient_leaves_a_whole_chain(open_desk: OpenDesk, any_engine: Engine) -> None:
    desk = open_desk(engine=any_engine)
    answer(desk, 0, Exclude(), comment="Garcia1957")
    answer(desk, 1, Exclude())
    undo(desk, 1)
    answer(desk, 0, CorrectClass(code="grade_1"))
    person = question(desk, 0).item.person
    assert Book(any_engine).erase([person, ""]) == 4
    assert Book(any_engine).erase([person]) == 0
    decided = desk.decided()
    assert [each.content is None for each in decided] == [True, False, True, True]
    assert len(desk.overlay().records) == 1
    assert len(desk.standing().questions) == 4
    with any_engine.connect() as connection:
        everything = [
            str(row)
            for table in ("review_contents", "review_items", "review_entries")
            for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
        ]
    assert not any("Garcia1957" in row or f"'{person}'" in row for row in everything)


KILLED = """
import os, sys
from client.privacy.tables import SCHEMA
from client.review.book import Book
from client.review.decisions import Exclude
from client.review.entry import Content
with Book(SCHEMA.open(sys.argv[1])).writing() as book:
    book.append("ana", "x", sys.argv[2], Content(decision=Exclude()))
    if sys.argv[3] == "before":
        os._exit(9)
os._exit(9)
"""


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 1)])
def test_a_killed_process_leaves_all_or_nothing(
    open_desk: OpenDesk, engine: Engine, tmp_path: Path, when: str, written: int
) -> None:
    import subprocess
    import sys

    desk = open_desk()
    url = engine.url.render_as_string(hide_password=False)
    result = subprocess.run([sys.executable, "-c", KILLED, url, "r" * 32, when], check=False)
    assert result.returncode == 9
    assert len(desk.decided()) == written
    # Whoever sends the form again gets one entry in either case.
    answer(desk, 0, Exclude(), request="r" * 32)
    assert len(desk.decided()) == 1


def test_similar_cases_are_those_of_scikit_learn(
    open_desk: OpenDesk, contract: Contract, loaded: LoadedRecords
) -> None:
    from sklearn.neighbors import NearestNeighbors

    from shared.preparation import prepare
    from shared.run_settings import RunSettings
    from shared.statistics import summarise

    desk = open_desk()
    preparation = prepare(contract, summarise(contract, loaded.records), RunSettings())
    features = preparation.preprocessor.transform(loaded.records.table)
    distances, rows = NearestNeighbors(n_neighbors=5).fit(features).kneighbors(features[[4]])
    found = desk.similar_cases(4)
    assert [each.row for each in found] == rows[0][1:].tolist()
    assert np.allclose([each.distance for each in found], distances[0][1:], atol=1e-5)
