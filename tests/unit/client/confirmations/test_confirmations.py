"""Late, corrected, withdrawn and conflicting diagnoses, and what they are about."""

from __future__ import annotations

import pytest

from client.audit import AuditStore
from client.confirmations import Confirmations
from shared.errors import DataError
from tests.unit.client.confirmations.conftest import Answer, said


def test_a_later_word_of_the_same_source_replaces_and_the_history_stays(
    confirmations: Confirmations, answer: Answer
) -> None:
    one = answer()
    confirmations.confirm(said("none", prediction=one.id))
    case = confirmations.confirm(said("grade_2", prediction=one.id))
    assert (case.state, case.code, case.prediction) == ("confirmed", "grade_2", one.id)
    assert [each.code for each in case.history] == ["none", "grade_2"]
    assert confirmations.case_of(one.id) == case
    assert confirmations.cases() == [case]


def test_sources_that_say_different_things_are_in_conflict_until_settled(
    confirmations: Confirmations, answer: Answer
) -> None:
    one = answer()
    confirmations.confirm(said("grade_1", prediction=one.id, source="ward"))
    case = confirmations.confirm(said("grade_2", prediction=one.id, source="pathology"))
    assert (case.state, case.code) == ("conflict", "")
    corrected = confirmations.confirm(said("grade_2", prediction=one.id, source="ward"))
    assert (corrected.state, corrected.code) == ("confirmed", "grade_2")
    confirmations.confirm(said("none", prediction=one.id, source="registry"))
    settled = confirmations.confirm(
        said("grade_3", prediction=one.id, source="board", resolves=True)
    )
    assert (settled.state, settled.code) == ("confirmed", "grade_3")
    again = confirmations.confirm(said("none", prediction=one.id, source="registry"))
    assert again.state == "conflict"


def test_a_coarser_diagnosis_agrees_with_a_finer_one(
    confirmations: Confirmations, answer: Answer
) -> None:
    one = answer()
    case = confirmations.confirm(said("disease", prediction=one.id, source="ward"))
    assert (case.state, case.code) == ("confirmed", "disease")
    case = confirmations.confirm(said("grade_2", prediction=one.id, source="pathology"))
    assert (case.state, case.code) == ("confirmed", "grade_2")
    case = confirmations.confirm(said("none", prediction=one.id, source="registry"))
    assert case.state == "conflict"


def test_a_source_can_take_back_what_it_said(confirmations: Confirmations, answer: Answer) -> None:
    one = answer()
    confirmations.confirm(said("grade_1", prediction=one.id))
    assert confirmations.confirm(said("", prediction=one.id)).state == "withdrawn"


def test_a_patient_is_linked_to_the_last_answer_by_that_day(
    confirmations: Confirmations, answer: Answer
) -> None:
    answers = [
        answer(patient="p1", time=f"2021-0{month}-10T12:00:00.000000+00:00") for month in (1, 2, 4)
    ]
    answer(patient="p1", mode="shadow", beside=answers[1].id)
    answer(patient="p2", time="2021-05-01T12:00:00.000000+00:00")
    for day, wanted in (
        ("2021-03-01", answers[1].id),
        ("2021-02-10", answers[1].id),
        ("2021-01-31", answers[0].id),
        ("2021-01-01", ""),
        ("2021-06-01", answers[2].id),
    ):
        case = confirmations.confirm(said("none", patient="p1", date=day))
        assert case.prediction == wanted


def test_words_about_an_answer_and_about_its_patient_meet(
    confirmations: Confirmations, answer: Answer
) -> None:
    one = answer(patient="p1")
    confirmations.confirm(said("grade_1", patient="p1", source="registry"))
    case = confirmations.confirm(said("none", prediction=one.id, source="ward"))
    assert (case.state, case.patient, len(case.history)) == ("conflict", "p1", 2)


def test_a_diagnosis_before_any_answer_is_kept(confirmations: Confirmations) -> None:
    case = confirmations.confirm(said("none", patient="p1"))
    assert (case.state, case.prediction) == ("confirmed", "")


def test_everything_wrong_is_said_and_nothing_written(
    confirmations: Confirmations, answer: Answer
) -> None:
    shadow = answer(mode="shadow", beside="the shown one", patient="p1")
    for wrong, columns in (
        (
            said("grade_9", prediction="nobody", date="2999-01-01"),
            ["diagnosis", "date", "prediction"],
        ),
        (said("none", date="30.11.2026"), ["date", "prediction"]),
        (said("none", prediction=shadow.id), ["prediction"]),
    ):
        with pytest.raises(DataError) as error:
            confirmations.confirm(wrong)
        assert [each.column for each in error.value.problems] == columns
    other = answer(patient="p1")
    with pytest.raises(DataError) as error:
        confirmations.confirm(said("none", prediction=other.id, patient="p2"))
    assert "about this patient" in str(error.value.problems[0])
    assert confirmations.cases() == []


def test_an_erased_patient_takes_the_diagnosis_along(
    confirmations: Confirmations, store: AuditStore, answer: Answer
) -> None:
    one = answer(patient="p1")
    confirmations.confirm(said("none", prediction=one.id))
    other = confirmations.confirm(said("none", prediction=answer(patient="p2").id))
    assert store.erase("p1") == 2
    assert confirmations.cases() == [other]
    assert confirmations.performance().labelled == 1
    store.verify()
