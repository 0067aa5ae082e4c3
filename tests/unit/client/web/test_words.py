"""Both languages say the same things, with the same values."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import client.clinic
import client.review
import client.web
import shared.web
from client.web.pages import PACKAGES
from shared.web.words import Words, messages_of

TEMPLATES = [
    *Path(shared.web.__file__).parent.glob("templates/*.html"),
    *Path(client.web.__file__).parent.glob("templates/*.html"),
    *Path(client.review.__file__).parent.glob("templates/*.html"),
    *Path(client.clinic.__file__).parent.glob("templates/*.html"),
]


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def test_both_languages_have_the_same_messages_with_the_same_values() -> None:
    english, spanish = (messages_of(each, PACKAGES) for each in ("en", "es"))
    assert set(english) == set(spanish)
    for key, message in english.items():
        one = key.endswith(".one")
        assert fields(spanish[key]) == fields(message) or one, key


def test_both_languages_differ_where_they_should() -> None:
    english, spanish = (messages_of(each, PACKAGES) for each in ("en", "es"))
    # Words that are the same in both: "no", "normal", signs and units.
    same = {key for key in english if english[key] == spanish[key] and len(english[key]) > 6}
    assert {
        each for each in same if not each.startswith(("month.", "review.decision.null"))
    } == set()


def test_every_message_that_a_template_asks_for_is_there() -> None:
    known = set(messages_of("en", PACKAGES))
    bases = {key.rsplit(".", 1)[0] for key in known}
    asked = [
        key
        for path in TEMPLATES
        for key in re.findall(r"words\(\s*[\"']([\w.]+)[\"']\s*[,)]", path.read_text())
    ]
    assert len(asked) > 50
    assert [key for key in asked if key not in known | bases] == []


def test_counts_choose_the_message() -> None:
    words = Words("en", PACKAGES)
    assert words("review.queue.waiting", count=1) == "1 question waits for you"
    assert words("review.queue.waiting", count=2) == "2 questions wait for you"
    with pytest.raises(KeyError):
        words("review.nothing")
