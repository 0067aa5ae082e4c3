"""How much of what identifies is gone from notes, and how much of the rest stays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from client.scrubbing import scrub
from tests.unit.client.scrubbing.made_up_notes import MadeUpNote

WORD = re.compile(r"\w+")
# Say nothing about a person by themselves.
PARTICLES = {"de", "la", "las", "del", "los", "of", "th"}


@dataclass
class Measured:
    """What scrubbing did to notes.

    Attributes
    ----------
    identifiers, missed : Counter of str
        By kind. One is missed when any word or group of digits of it is still there.
    words, kept : int
        Of what identifies nobody.
    examples : list of str
    """

    identifiers: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    words: int = 0
    kept: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return 1 - self.missed.total() / self.identifiers.total()

    @property
    def share_kept(self) -> float:
        return self.kept / self.words

    def add(self, note: MadeUpNote) -> None:
        left = Counter(WORD.findall(scrub(note.text)))
        clinical = Counter(word for part in note.clinical for word in WORD.findall(part))
        self.words += clinical.total()
        self.kept += (clinical & left).total()
        if clinical - left:
            self.examples.append(f"lost {dict(clinical - left)}: {note.text}")
        surplus = left - clinical
        for kind, value in note.identifiers:
            self.identifiers[kind] += 1
            parts = {word for word in WORD.findall(value) if word not in PARTICLES}
            if parts & set(surplus):
                self.missed[kind] += 1
                self.examples.append(f"missed {kind} {value!r}: {note.text}")


def measure(notes: Iterable[MadeUpNote]) -> Measured:
    measured = Measured()
    for note in notes:
        measured.add(note)
    return measured
