"""All names of findings by what they are made of, whatever the order and form of their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.compiled_terms import CompiledTerminology
from shared.findings_in_notes.spelling import stem
from shared.findings_in_notes.vocabulary import Vocabulary, vocabulary, words_of
from shared.findings_in_notes.word_lists import word_list
from shared.ontology import Terminology

Key = tuple[str, ...]
LONGEST_NAME = 8
SHORTEST_CAPITALS = 3
# A synonym in capitals stands for itself alone: "ALL" is a leukaemia, "all" is not.
CAPITALS = re.compile(r"[A-Z0-9][A-Za-z0-9\-/]{1,6}")
# Single words that name a finding in the ontology and anything else in a note.
NEVER_ALONE = frozenset(stem(word) for word in word_list("never_alone"))
# In capitals they mean something else as often: mean corpuscular haemoglobin, a gastrostomy.
NEVER_IN_CAPITALS = word_list("never_in_capitals")


@dataclass(frozen=True)
class NameTable:
    """Names that are looked up in notes.

    Attributes
    ----------
    terms : dict of tuple of str to str
        Term by the sorted stems of a name, without small words.
    capitals : dict of str to str
        Term by an abbreviation as it is written.
    labels : dict of str to str
        Label by term.
    words : frozenset of str
        Every plain word of any name.
    """

    terms: dict[Key, str]
    capitals: dict[str, str]
    labels: dict[str, str]
    words: frozenset[str] = field(default_factory=frozenset)


def name_table(known: Terminology) -> NameTable:
    """Return the table of a terminology's findings, with Juntos' own Spanish names.

    A name that two terms share is the more general one's, where one lies above the other, and
    nobody's elsewhere.
    """
    words = vocabulary()
    labels = {code: known.name(code) for code in known.codes()}
    own = [(name, code) for code, names in words.spanish.items() for name in names]
    synonyms = known.other_names() if isinstance(known, CompiledTerminology) else []
    capitals: dict[str, set[str]] = {}
    terms: dict[Key, str] = {}
    # The ontology's own labels go before all else.
    lists = (synonyms, own, [(label, code) for code, label in labels.items()])
    for names in lists:
        terms |= _settled(_by_key(names, labels, capitals, words), known)
    known_capitals = {
        name: next(iter(codes))
        for name, codes in capitals.items()
        if len(codes) == 1 and len(name) >= SHORTEST_CAPITALS and name not in NEVER_IN_CAPITALS
    }
    chosen = {name: code for name, code in words.abbreviations.items() if code in labels}
    return NameTable(
        terms=terms,
        capitals=known_capitals | chosen,
        labels=labels,
        words=frozenset(word for names in lists for name, _ in names for word in words_of(name)),
    )


def key_of(name: str, words: Vocabulary) -> Key:
    """Return what a name is made of: the sorted stems of its words without the small ones."""
    parts = [word for word in words_of(name) if word[0].isalnum()]
    return tuple(sorted(stem(word) for word in parts if word not in words.small))


def _by_key(
    names: Iterable[tuple[str, str]],
    labels: Mapping[str, str],
    capitals: dict[str, set[str]],
    words: Vocabulary,
) -> dict[Key, set[str]]:
    """Return the terms of each key; what is written in capitals goes to `capitals`."""
    found: dict[Key, set[str]] = {}
    for name, code in names:
        if code not in labels:
            continue
        if CAPITALS.fullmatch(name) and sum(letter.isupper() for letter in name) > 1:
            capitals.setdefault(name, set()).add(code)
            continue
        key = key_of(name, words)
        if _is_telling(key):
            found.setdefault(key, set()).add(code)
    return found


def _is_telling(key: Key) -> bool:
    if not key or len(key) > LONGEST_NAME:
        return False
    return len(key) > 1 or (key[0] not in NEVER_ALONE and len(key[0]) >= SHORTEST_CAPITALS)


def _settled(table: dict[Key, set[str]], known: Terminology) -> dict[Key, str]:
    found: dict[Key, str] = {}
    for key, codes in table.items():
        above = [code for code in codes if all(code in known.ancestors(each) for each in codes)]
        if above:
            found[key] = above[0]
    return found
