"""A note as sentences of tokens that know their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.findings_in_notes.spelling import plain, stem
from shared.findings_in_notes.word_lists import word_list

TOKEN = re.compile(r"\(\?\)|\(-\)|[^\W\d_]+(?:['\u2019][sS])?|\d+(?:[.,]\d+)?|\n|[^\w\s]|_")
ENDS_SENTENCE = frozenset(".!\n")
# Points after these end no sentence.
SHORTENED = word_list("shortened")
BREAKS = frozenset(',;:()[]{}\u2022\u00b7"\u00ab\u00bb\u201c\u201d\u2014\u2013\u00bf?=')
BULLETS = frozenset("-*\u2022\u00b7")
LARGEST_NOTE = 200_000


@dataclass(frozen=True)
class Token:
    """A word, number or mark.

    Attributes
    ----------
    text, plain, stem : str
    start, end : int
        In characters of the note.
    """

    text: str
    plain: str
    stem: str
    start: int
    end: int

    @property
    def is_break(self) -> bool:
        """Whether no name of a finding goes across it."""
        return self.text in BREAKS


@dataclass(frozen=True)
class Sentence:
    """Tokens that belong together.

    Attributes
    ----------
    tokens : tuple of Token
    begins_paragraph, begins_line : bool
        Whether an empty line, or a new line, is before it.
    """

    tokens: tuple[Token, ...]
    begins_paragraph: bool
    begins_line: bool


def sentences_of(note: str) -> list[Sentence]:
    """Return the sentences of a note; a new line ends one where the next looks like a new one."""
    found: list[Sentence] = []
    kept: list[Token] = []
    # Line ends since the last sentence; the first one begins a paragraph.
    lines = 2

    def finish() -> None:
        nonlocal kept, lines
        if kept:
            found.append(Sentence(tuple(kept), lines > 1, lines > 0))
            kept, lines = [], 0

    for match in TOKEN.finditer(note):
        text = match.group()
        if text == "\n":
            if _starts_anew(note, match.end()):
                finish()
            lines += not kept
            continue
        if text in ENDS_SENTENCE and not _is_inside(note, match.end(), kept):
            finish()
            continue
        kept.append(Token(text, plain(text), stem(text), match.start(), match.end()))
    finish()
    return found


def _starts_anew(note: str, place: int) -> bool:
    following = note[place : place + 40].lstrip(" \t")
    if not following or following[0] == "\n":
        return True
    return following[0].isupper() or following[0].isdigit() or following[0] in BULLETS


def _is_inside(note: str, place: int, kept: list[Token]) -> bool:
    """Say whether a point belongs to a shortened word or a number."""
    following = note[place : place + 1]
    if following.isalnum():
        return True
    return bool(kept) and kept[-1].plain in SHORTENED and kept[-1].plain != "no"


def clauses_of(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Yield where the stretches without a break begin and end, as places among the tokens."""
    start = 0
    for place, token in enumerate(sentence.tokens):
        if token.is_break:
            if place > start:
                yield start, place
            start = place + 1
    if start < len(sentence.tokens):
        yield start, len(sentence.tokens)
