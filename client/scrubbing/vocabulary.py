"""The words that rules of scrubbing are made of, from one file for each language."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any

LANGUAGES = ("es", "en")
MEDICINE = "medicine"


@cache
def plain(word: str) -> str:
    """Return a word without capitals, accents and a possessive ending.

    >>> plain("García"), plain("Parkinson's")
    ('garcia', 'parkinson')
    """
    parts = unicodedata.normalize("NFKD", word.casefold().replace("\u2019", "'"))
    bare = "".join(character for character in parts if not unicodedata.combining(character))
    return bare.removesuffix("'s").removesuffix("'")


@dataclass(frozen=True)
class Vocabulary:
    """The words of all languages together, since hospitals' notes mix them.

    Attributes
    ----------
    words : dict of str to frozenset of str
        Lists of single words by the name they have in the files, each word as `plain` returns it.
    phrases : dict of str to tuple of str
        Lists of phrases as they are written.
    """

    words: dict[str, frozenset[str]] = field(default_factory=dict)
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def has(self, name: str, word: str) -> bool:
        """Return whether a plain word is in a list."""
        return word in self.words[name]

    @cached_property
    def first_names(self) -> frozenset[str]:
        """All first names."""
        return self.words["first_names"] | self.words["unclear_first_names"]

    @cached_property
    def names(self) -> frozenset[str]:
        """All first names and surnames."""
        return self.first_names | self.words["surnames"] | self.words["unclear_surnames"]

    @cached_property
    def sure_names(self) -> frozenset[str]:
        """Names that are hardly ever anything else."""
        unclear = [
            self.words[each] for each in ("unclear_first_names", "unclear_surnames", "eponyms")
        ]
        return self.names.difference(*unclear)

    @cached_property
    def never_names(self) -> frozenset[str]:
        """Words that are written with a capital and end or precede a name."""
        lists = (
            "function_words",
            "clinical_words",
            "place_heads",
            "place_tails",
            "roles",
            "titles",
        )
        return frozenset().union(*(self.words[each] for each in lists))


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with Juntos."""
    files = [_read(name) for name in (*LANGUAGES, MEDICINE)]
    names = {name for content in files for name in content}
    found = {name: [content[name] for content in files if name in content] for name in names}
    lists = {name: parts for name, parts in found.items() if isinstance(parts[0], str)}
    return Vocabulary(
        words={
            name: frozenset(plain(word) for part in parts for word in part.split())
            for name, parts in lists.items()
        },
        phrases={
            name: tuple(phrase for part in parts for phrase in part)
            for name, parts in found.items()
            if name not in lists
        },
    )


def _read(name: str) -> dict[str, Any]:
    text = (resources.files("client.scrubbing") / "words" / f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)
