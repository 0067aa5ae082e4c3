"""Every finding has its words in both languages."""

from __future__ import annotations

import string

import pytest

from client.data_quality.finding import KINDS, Detail, Finding, Kind, Term, harm
from client.data_quality.texts import catalogue, text_of


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    english, spanish = catalogue().texts["en"], catalogue().texts["es"]
    assert set(english) == set(spanish)
    assert {key for key in english if gaps(english[key]) != gaps(spanish[key])} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_why_what_to_do_and_asks(kind: Kind) -> None:
    for part in ("what", "why", "action", "question"):
        for language in ("en", "es"):
            text = catalogue().texts[language][f"{kind}.{part}"]
            assert text[-1] in ".?"
            assert "!" not in text


def test_numbers_and_terms_are_written_as_people_there_write_them() -> None:
    details: dict[str, Detail] = {"factor": 38.67, "other_unit": "mmol/L", "unit": "mg/dL"}
    finding = Finding("unit_of_part", "act_now", (2, 3), 1200, "chol", "chol", details)
    text = text_of(finding).what
    assert "2 of 1,200" in text.en
    assert "38.67" in text.en
    assert "2 de 1.200" in text.es
    assert "38,67" in text.es
    null = Finding("null_word", "attention", (2,), 9, "chol", "chol", {"meaning": Term("lost")})
    assert "“lost”" in text_of(null).what.en
    assert "«perdido»" in text_of(null).what.es


def test_the_most_harmful_come_first() -> None:
    note = Finding("outlier", "note", (2, 3, 4), 9)
    few = Finding("sentinel", "act_now", (2,), 9)
    many = Finding("zero_as_missing", "act_now", (2, 3), 9)
    assert sorted([note, few, many], key=harm) == [many, few, note]
