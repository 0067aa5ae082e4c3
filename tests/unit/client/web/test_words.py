"""Both languages say the same things, with the same values."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import client.clinic
import client.review
import client.web
from client.web.words import LANGUAGES, Words, best_language, messages_of

TEMPLATES = [
    *Path(client.web.__file__).parent.glob("templates/*.html"),
    *Path(client.review.__file__).parent.glob("templates/*.html"),
    *Path(client.clinic.__file__).parent.glob("templates/*.html"),
]


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def test_both_languages_have_the_same_messages_with_the_same_values() -> None:
    english, spanish = messages_of("en"), messages_of("es")
    assert set(english) == set(spanish)
    for key, message in english.items():
        one = key.endswith(".one")
        assert fields(spanish[key]) == fields(message) or one, key


def test_both_languages_differ_where_they_should() -> None:
    english, spanish = messages_of("en"), messages_of("es")
    # Words that are the same in both: "no", "normal", signs and units.
    same = {key for key in english if english[key] == spanish[key] and len(english[key]) > 6}
    assert {
        each for each in same if not each.startswith(("month.", "review.decision.null"))
    } == set()


def test_every_message_that_a_template_asks_for_is_there() -> None:
    known = set(messages_of("en"))
    bases = {key.rsplit(".", 1)[0] for key in known}
    asked = [
        key
        for path in TEMPLATES
        for key in re.findall(r"words\(\s*[\"']([\w.]+)[\"']\s*[,)]", path.read_text())
    ]
    assert len(asked) > 50
    assert [key for key in asked if key not in known | bases] == []


def test_counts_choose_the_message() -> None:
    words = Words("en")
    assert words("review.queue.waiting", count=1) == "1 question waits for you"
    assert words("review.queue.waiting", count=2) == "2 questions wait for you"
    with pytest.raises(KeyError):
        words("review.nothing")


@pytest.mark.parametrize(
    ("language", "number", "percent"), [("en", "1,234.50", "12%"), ("es", "1.234,50", "12 %")]
)
def test_numbers_are_written_as_people_there_do(language: str, number: str, percent: str) -> None:
    words = Words(language)
    assert words.number(1234.5) == number
    assert words.percent(0.12) == percent
    assert words.percent(0.0001).startswith("<1")
    assert words.percent(0) != words.percent(0.0001)


def test_dates_are_written_as_people_there_do() -> None:
    assert re.fullmatch(r"2[45] nov 2026, \d\d:\d\d", Words("es").time("2026-11-24T23:40:00+00:00"))


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
