"""Numbers, dates and the language of a reader."""

from __future__ import annotations

import re

import pytest

from shared.web.words import LANGUAGES, Words, best_language

PACKAGES = ("shared.web",)


@pytest.mark.parametrize(
    ("language", "number", "percent"), [("en", "1,234.50", "12%"), ("es", "1.234,50", "12 %")]
)
def test_numbers_are_written_as_people_there_do(language: str, number: str, percent: str) -> None:
    words = Words(language, PACKAGES)
    assert words.number(1234.5) == number
    assert words.percent(0.12) == percent
    assert words.percent(0.0001).startswith("<1")
    assert words.percent(0) != words.percent(0.0001)


def test_dates_are_written_as_people_there_do() -> None:
    assert re.fullmatch(
        r"2[45] nov 2026, \d\d:\d\d", Words("es", PACKAGES).time("2026-11-24T23:40:00+00:00")
    )


@pytest.mark.parametrize(
    ("wanted", "header", "language"),
    [
        ("es", "en", "es"),
        ("", "es-AR,es;q=0.9,en;q=0.8", "es"),
        ("", "de, en;q=0.2, es;q=0.7", "es"),
        ("xx", "", "en"),
        ("", "es;q=x, en", "en"),
    ],
)
def test_the_language_that_is_asked_for(wanted: str, header: str, language: str) -> None:
    assert best_language(wanted, header) == language
    assert language in LANGUAGES
