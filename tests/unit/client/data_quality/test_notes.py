"""Sentences that affirm, deny, doubt and speak of others, in both languages."""

from __future__ import annotations

import pytest

from client.data_quality.checks.notes import class_names, contradictions, mentions, plain_lines
from tests.unit.client.data_quality.clean_hospital import CONTRACT

SENTENCES = [
    ("Pneumonia.", "affirmed"),
    ("X-ray confirms pneumonia in the left lobe.", "affirmed"),
    ("Se confirma neumonía.", "affirmed"),
    ("NEUMONIA basal izquierda", "affirmed"),
    ("No fever, but pneumonia on the X-ray.", "affirmed"),
    ("Sin fiebre, pero con neumonía.", "affirmed"),
    ("No pneumonia.", "denied"),
    ("There is no evidence of pneumonia.", "denied"),
    ("Pneumonia was ruled out by CT.", "denied"),
    ("Patient denies fever, cough and pneumonia.", "denied"),
    ("No se observa neumonía.", "denied"),
    ("Sin signos de neumonía.", "denied"),
    ("Neumonía descartada tras radiografía.", "denied"),
    ("Se descarta neumonía.", "denied"),
    ("Suspected pneumonia.", "other"),
    ("Sospecha de neumonía.", "other"),
    ("Possible pneumonia, awaiting X-ray.", "other"),
    ("Mother had pneumonia.", "other"),
    ("Antecedentes de neumonía en la infancia.", "other"),
    ("Su hermano tuvo neumonía.", "other"),
    ("Pneumonia?", "other"),
]


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES)
def test_a_mention_is_understood(sentence: str, expected: str) -> None:
    names = class_names(CONTRACT)["pneumonia"]
    assert list(mentions(plain_lines(sentence), names)) == [expected]


def test_a_word_inside_another_is_no_mention() -> None:
    names = class_names(CONTRACT)["pneumonia"]
    assert list(mentions("bronchopneumonia and pneumonias", names)) == []


def test_classes_that_mean_no_disease_have_no_name() -> None:
    assert "healthy" not in class_names(CONTRACT)
    assert class_names(CONTRACT)["infarction"][0] == "myocardial infarction"


CONTRADICTIONS = [
    ("Pneumonia ruled out.", "pneumonia", (True, False)),
    ("Pneumonia ruled out. Later X-ray shows pneumonia.", "pneumonia", (False, False)),
    ("Heart attack confirmed.", "pneumonia", (False, True)),
    ("Heart attack confirmed, with pneumonia.", "pneumonia", (False, False)),
    ("Heart attack suspected.", "pneumonia", (False, False)),
    ("Cough for a week.", "pneumonia", (False, False)),
    ("Infarto de miocardio confirmado.", "healthy", (False, True)),
    ("", "pneumonia", (False, False)),
]


@pytest.mark.parametrize(("note", "label", "expected"), CONTRADICTIONS)
def test_a_note_contradicts_its_code(note: str, label: str, expected: tuple[bool, bool]) -> None:
    assert contradictions(CONTRACT, class_names(CONTRACT), note, label) == expected
