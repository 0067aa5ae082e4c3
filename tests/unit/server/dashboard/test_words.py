"""Both languages of the dashboard say the same things, with the same values."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import server.accounts
import server.dashboard
from server.dashboard.frame import PACKAGES
from shared.web.words import messages_of

TEMPLATES = [
    *Path(server.dashboard.__file__).parent.glob("templates/*.html"),
    *Path(server.accounts.__file__).parent.glob("templates/*.html"),
]
# The same in both languages.
SAME = ("month.", "figure.", "glance.budget", "span.", "models.at.")


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def test_both_languages_have_the_same_messages_with_the_same_values() -> None:
    english, spanish = (messages_of(each, PACKAGES) for each in ("en", "es"))
    assert set(english) == set(spanish)
    for key, message in english.items():
        assert fields(spanish[key]) == fields(message) or key.endswith(".one"), key


def test_nothing_was_left_in_english() -> None:
    english, spanish = (messages_of(each, PACKAGES) for each in ("en", "es"))
    same = {key for key in english if english[key] == spanish[key] and len(english[key]) > 8}
    assert {each for each in same if not each.startswith(SAME)} == set()


def test_every_message_that_a_template_asks_for_is_there() -> None:
    known = set(messages_of("en", PACKAGES))
    bases = {key.rsplit(".", 1)[0] for key in known}
    asked = [
        key
        for path in TEMPLATES
        for key in re.findall(r"words\(\s*[\"']([\w.]+)[\"']\s*[,)]", path.read_text())
    ]
    assert len(asked) > 150
    assert [key for key in asked if key not in known | bases] == []


def test_no_template_styles_or_scripts_inline() -> None:
    for path in TEMPLATES:
        text = path.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)", text), path
