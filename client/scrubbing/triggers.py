"""Words after which a name or a place is to be expected."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Literal

from client.scrubbing.vocabulary import Vocabulary, plain, vocabulary

Strength = Literal[
    "title", "weak_title", "role", "marked_role", "label", "introducer", "filler", "place"
]

PHRASES: dict[str, Strength] = {
    "name_labels": "label",
    "introducers": "introducer",
    "places": "place",
}
WORDS: dict[str, Strength] = {
    "place_heads": "place",
    "roles": "role",
    "weak_titles": "weak_title",
    "titles": "title",
}


@dataclass(frozen=True)
class Trigger:
    """A phrase, and how strongly it announces a name.

    Attributes
    ----------
    words : tuple of str
        Plain words.
    """

    words: tuple[str, ...]
    strength: Strength


@cache
def triggers() -> dict[str, list[Trigger]]:
    """Return all triggers by their first word, the longest first."""
    found = [Trigger((word,), kind) for word, kind in _single(vocabulary())]
    found += [
        Trigger(tuple(plain(word) for word in phrase.split()), kind)
        for name, kind in PHRASES.items()
        for phrase in vocabulary().phrases[name]
    ]
    by_word: dict[str, list[Trigger]] = defaultdict(list)
    for trigger in sorted(found, key=lambda each: -len(each.words)):
        by_word[trigger.words[0]].append(trigger)
    return dict(by_word)


@cache
def fillers() -> list[tuple[tuple[str, ...], Strength]]:
    """Return what may stand between a person's role and the name: ``madre, llamada Ana``."""
    phrases = vocabulary().phrases
    sure = [(tuple(each.split()), "filler") for each in phrases["role_fillers"]]
    loose = [(tuple(each.split()), "marked_role") for each in phrases["loose_fillers"]]
    found: list[tuple[tuple[str, ...], Strength]] = [*sure, *loose]  # type: ignore[list-item]
    return sorted(found, key=lambda each: -len(each[0]))


def _single(words: Vocabulary) -> list[tuple[str, Strength]]:
    return [(word, kind) for name, kind in WORDS.items() for word in sorted(words.words[name])]
