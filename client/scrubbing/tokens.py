"""A note as a sequence of tokens: what its form alone shows to identify, words, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from client.scrubbing.patterns import patterns
from client.scrubbing.vocabulary import plain, vocabulary

Kind = Literal["word", "space", "kept", "found", "mark"]

# Three parts at most, so that a word is found in bounded steps: Sainte-Marie-Claire.
WORD = r"[^\W\d_]+(?:(?!['\u2019][sS](?!\w))['\u2019\-][^\W\d_]+){0,3}(?!\w)"
NAME_PART = re.compile(
    r"(?:Mc|Mac|Fitz|De|Di|La|Le|Van)?[^\W\d_a-zà-ÿ][^\W\d_A-ZÀ-ÖØ-Þ]*|[^\W\d_a-zà-ÿ]+|s"
)
NUMBER = r"\d+(?:[.,:/]\d+)*"


@dataclass(frozen=True)
class Token:
    """A piece of a note.

    Attributes
    ----------
    kind : {"word", "space", "kept", "found", "mark"}
        ``kept`` is a code or a placeholder, ``found`` something that is to be replaced by `text`.
    text : str
    plain : str
        Of a word: without capitals and accents.
    """

    kind: Kind
    text: str
    plain: str = ""

    @property
    def is_capitalised(self) -> bool:
        """Whether it is a word that begins with a capital."""
        return self.kind == "word" and self.text[0].isupper()

    @property
    def is_written_as_a_name(self) -> bool:
        """Whether each part begins with its only capital: Pérez-Gil or McKay, not X-linked."""
        parts = re.split(r"['\u2019\-]", self.text)
        if len(parts) == 2 and len(parts[0]) > 2 and vocabulary().has("name_syllables", parts[1]):
            parts = parts[:1]
        return all(map(NAME_PART.fullmatch, parts)) and (len(parts[0]) > 1 or "-" not in self.text)

    @property
    def is_initial(self) -> bool:
        """Whether it is a single capital."""
        return len(self.text) == 1 and self.is_capitalised

    @property
    def is_shouted(self) -> bool:
        """Whether it is a word in capitals, as acronyms are and some whole notes."""
        return self.kind == "word" and len(self.text) > 1 and self.text.isupper()


def tokens_of(note: str) -> list[Token]:
    """Return the tokens of a note, which together are the note but for what was found.

    One pass from left to right; every pattern looks at a bounded stretch, so that time grows with
    the length of the note and no more.
    """
    return [token for match in _lexer().finditer(note) for token in _of_match(match)]


def _of_match(match: re.Match[str]) -> Iterator[Token]:
    name = match.lastgroup or ""
    text = match.group()
    if name == "word":
        yield Token("word", text, plain(text))
    elif name in {"space", "mark", "kept"}:
        yield Token(name, text)  # type: ignore[arg-type]
    else:
        yield from _found(match, name)


def _found(match: re.Match[str], name: str) -> Iterator[Token]:
    """Replace what identifies; a label before it stays."""
    placeholder = patterns()[name].placeholder
    value = f"{name}_value"
    start = match.start(value) if value in match.re.groupindex else match.start()
    if start > match.start():
        yield Token("kept", match.string[match.start() : start])
    yield Token("found", placeholder)


@cache
def _lexer() -> re.Pattern[str]:
    """Return one pattern of everything; the first alternative that fits at a place wins."""
    found = patterns()
    # Nothing begins with a space, and every second token is one.
    parts = [r"(?P<space>\s+)"]
    parts += [f"(?P<{name}>{pattern.expression})" for name, pattern in found.items()]
    parts += [f"(?P<word>{WORD})", rf"(?P<mark>{NUMBER}|\w+|.)"]
    return re.compile("|".join(parts), re.DOTALL)
