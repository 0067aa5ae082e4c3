"""Words that checks look for in cells, notes and names, in English and Spanish."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from client.sources.codes import without_accents
from shared.settings_file import StrictModel

SPACES = re.compile(r"\s+")


class NullWords(StrictModel):
    """What people write where there is no value, by what they mean by it."""

    not_measured: list[str]
    normal: list[str]
    unknown: list[str]
    lost: list[str]


class SexWords(StrictModel):
    """What belongs to one sex, and what the sexes are called."""

    sex: list[str]
    female: list[str]
    male: list[str]
    only_female: list[str]
    only_male: list[str]
    female_terms: list[str]
    male_terms: list[str]


class NoteWords(StrictModel):
    """What turns a mention in a note into something else than a statement about the patient."""

    denied_before: list[str]
    denied_after: list[str]
    ends: list[str]
    family: list[str]
    doubt: list[str]
    empty: list[str]


class RetiredCodes(StrictModel):
    """Codes that a code system no longer has, and what took their place."""

    icd_10: dict[str, str]


class Vocabulary(StrictModel):
    """Everything in ``words/vocabulary.toml``."""

    nulls: NullWords
    sexes: SexWords
    notes: NoteWords
    retired: RetiredCodes


@cache
def vocabulary() -> Vocabulary:
    """Return the words that come with Juntos."""
    file = resources.files("client.data_quality") / "words" / "vocabulary.toml"
    return Vocabulary.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def plain(text: str) -> str:
    """Return a text in one spelling: no capitals, accents, or doubled spaces.

    >>> plain("  No  Realizó ")
    'no realizo'
    """
    return SPACES.sub(" ", without_accents(text.casefold())).strip()


@cache
def null_meanings() -> dict[str, str]:
    """Return what each word for nothing means."""
    words = vocabulary().nulls
    meanings = ("unknown", "lost", "normal", "not_measured")
    return {plain(word): meaning for meaning in meanings for word in getattr(words, meaning)}
