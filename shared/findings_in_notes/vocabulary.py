"""The words that the rules are made of, from one file for each language."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from shared.findings_in_notes.spelling import plain

LANGUAGES = ("en", "es")
Kind = Literal[
    "absent_before",
    "absent_after",
    "not_absent",
    "uncertain_before",
    "uncertain_after",
    "hypothetical_before",
    "family_before",
    "family_after",
    "relative_speaks",
    "patient",
    "ends",
]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
WORD = re.compile(r"\(\?\)|\(-\)|[^\W\d_]+(?:['\u2019][sS])?|\d+|[^\w\s]")


@dataclass(frozen=True)
class Vocabulary:
    """The words of all languages together, since notes mix them.

    Attributes
    ----------
    cues : dict of tuple of str to frozenset of str
        What a phrase of plain words does to findings near it.
    small, modifiers, joining : frozenset of str
        Plain words inside names: skipped; skipped where that helps; joining two.
    family_headings, other_headings : frozenset of tuple of str
    abbreviations : dict of str to str
        Term by an abbreviation in capitals.
    spanish : dict of str to list of str
        Spanish names by term.
    """

    cues: dict[tuple[str, ...], frozenset[Kind]]
    small: frozenset[str]
    modifiers: frozenset[str]
    joining: frozenset[str]
    family_headings: frozenset[tuple[str, ...]]
    other_headings: frozenset[tuple[str, ...]]
    abbreviations: dict[str, str]
    spanish: dict[str, list[str]]


def words_of(phrase: str) -> tuple[str, ...]:
    """Return the plain words of a phrase, as notes are split."""
    return tuple(plain(word) for word in WORD.findall(phrase))


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with Juntos."""
    files = [_read(name) for name in LANGUAGES]
    single = {
        name: frozenset(words[0] for words in _phrases(files, name) if len(words) == 1)
        for name in ("small", "modifiers", "joining")
    }
    return Vocabulary(
        cues=_cues(files),
        small=single["small"],
        modifiers=single["modifiers"],
        joining=single["joining"],
        family_headings=frozenset(_phrases(files, "family_headings")),
        other_headings=frozenset(_phrases(files, "other_headings")),
        abbreviations={key: code for each in files for key, code in each["abbreviations"].items()},
        spanish=_read("hpo_es")["names"],
    )


def _cues(files: list[dict[str, Any]]) -> dict[tuple[str, ...], frozenset[Kind]]:
    found: dict[tuple[str, ...], set[Kind]] = {}
    for kind in KINDS:
        for words in _phrases(files, kind):
            found.setdefault(words, set()).add(kind)
    for words, kinds in found.items():
        # "Mother denies" says who speaks, and that it is absent.
        last = found.get(words[-1:], set())
        if "relative_speaks" in kinds and "absent_before" in last:
            kinds.add("absent_before")
    return {words: frozenset(kinds) for words, kinds in found.items()}


def _phrases(files: list[dict[str, Any]], name: str) -> list[tuple[str, ...]]:
    texts = [text for each in files for text in each[name].replace("\n", " ").split(";")]
    return [words for text in texts if (words := words_of(text))]


def _read(name: str) -> dict[str, Any]:
    path = resources.files("shared.findings_in_notes") / "words" / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8"))
