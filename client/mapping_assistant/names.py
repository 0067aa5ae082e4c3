"""How much a column's name sounds like what a contract names."""

from __future__ import annotations

import math
from collections.abc import Iterable

from client.mapping_assistant.unit_names import split_unit
from client.mapping_assistant.words import parts, words

EXACT = 1.0
# All words of the one are in the other.
WITHIN = 0.9
# As far as a description goes: it says more than the name of a thing.
DESCRIPTION = 0.8
ABBREVIATED = 0.75
# Word by word, as in frec_card_max.
EACH_ABBREVIATED = 0.85
SHORTEST_PREFIX = 3
SHORTEST_FUZZY = 5
ALIKE = 85.0


def name_score(column: str, names: Iterable[str]) -> float:
    """Return from 0 to 1 how well a column's name matches the best of several names.

    A unit that the column's name ends in is left out; capitals, accents, punctuation and words such
    as "value" and "de" count for nothing.
    """
    bare, _ = split_unit(column)
    mine = {_without_filler(bare) or bare, _without_filler(parts(column)) or parts(column)}
    mine |= {_spelled_out(name) for name in mine}
    return max((max(_score(one, _named(name)) for one in mine) for name in names), default=0.0)


def _spelled_out(name: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name with what is usually shortened in full."""
    return tuple(full for word in name for full in words().abbreviations.get(word, word).split())


def _named(name: str) -> tuple[str, ...]:
    return _without_filler(parts(name)) or parts(name)


def _without_filler(name: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in name if word not in words().filler)


def _score(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    if not mine or not theirs:
        return 0.0
    joined, wanted = "".join(mine), "".join(theirs)
    if joined == wanted:
        return EXACT
    return max(
        _shared_words(mine, theirs),
        _abbreviation(joined, wanted),
        _abbreviated_words(mine, theirs),
        _fuzzy(mine, theirs),
    )


def _shared_words(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """Score names that share words, by how much of the longer these are."""
    few, many = sorted([set(mine), set(theirs)], key=len)
    shared = few & many
    if len("".join(shared)) < SHORTEST_PREFIX:
        return 0.0
    if few <= many:
        return WITHIN * math.sqrt(len(few) / len(many))
    # Most words are the same, and one says it otherwise.
    return WITHIN * len(shared) / len(many) if len(shared) > 1 else 0.0


def _abbreviation(joined: str, wanted: str) -> float:
    short, long = sorted([joined, wanted], key=len)
    if len(short) < SHORTEST_PREFIX or not long.startswith(short):
        return 0.0
    return ABBREVIATED


def _abbreviated_words(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    if len(mine) != len(theirs) or len(mine) == 1:
        return 0.0
    pairs = [sorted(pair, key=len) for pair in zip(mine, theirs, strict=True)]
    if all(
        short == long or (len(short) >= SHORTEST_PREFIX and long.startswith(short))
        for short, long in pairs
    ):
        return EACH_ABBREVIATED
    return 0.0


def _fuzzy(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    from rapidfuzz import fuzz

    one, other = " ".join(mine), " ".join(theirs)
    if min(len(one), len(other)) < SHORTEST_FUZZY:
        return 0.0
    ratio: float = max(fuzz.token_sort_ratio(one, other), fuzz.ratio(one, other))
    return ratio / 100 * WITHIN if ratio >= ALIKE else 0.0
