"""What of made-up notes was read rightly: counts by kind of difficulty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy.stats import beta

from shared.findings_in_notes.finding import NoteFinding
from simulations.made_up_notes.writing import MadeUpNote


@dataclass
class Counts:
    """What was meant, what was found, and what is both.

    Attributes
    ----------
    meant, found, right : int
        Findings with how they are meant; `right` needs the same term and the same state.
    same_term : int
        Found with the right term, whatever the state.
    """

    meant: int = 0
    found: int = 0
    right: int = 0
    same_term: int = 0

    def as_json(self) -> dict[str, object]:
        """Return the counts, precision and recall with their 95% intervals."""
        return {
            "meant": self.meant,
            "found": self.found,
            "right": self.right,
            "precision": _share(self.right, self.found),
            "recall": _share(self.right, self.meant),
            "precision_interval": _interval(self.right, self.found),
            "recall_interval": _interval(self.right, self.meant),
            "recall_of_terms": _share(self.same_term, self.meant),
        }


def score(
    notes: Sequence[MadeUpNote], readings: Iterable[Sequence[NoteFinding]]
) -> dict[str, Counts]:
    """Return the counts of each kind of sentence, of each language, and of ``all``."""
    found: dict[str, Counts] = {"all": Counts()}
    for note, reading in zip(notes, readings, strict=True):
        meant = Counter((each.kind, each.code, each.state) for each in note.meant)
        terms = Counter((each.kind, each.code) for each in note.meant)
        for each in note.meant:
            for counts in _counts(found, note, each.kind):
                counts.meant += 1
        for finding in reading:
            kind = _kind_at(note, finding.start)
            key = kind, finding.code, finding.state
            right = meant[key] > 0
            meant[key] -= right
            term = terms[kind, finding.code] > 0
            terms[kind, finding.code] -= term
            for counts in _counts(found, note, kind):
                counts.found += 1
                counts.right += right
                counts.same_term += term
    return found


def _counts(found: dict[str, Counts], note: MadeUpNote, kind: str) -> list[Counts]:
    names = ("all", note.language, kind, f"{kind}, {note.language}")
    return [found.setdefault(name, Counts()) for name in names]


def _kind_at(note: MadeUpNote, place: int) -> str:
    return next((kind for start, end, kind in note.sentences if start <= place < end), "filler")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _interval(part: int, whole: int) -> list[float] | None:
    """Return the interval of Clopper and Pearson (1934, Biometrika 26), 95%."""
    if not whole:
        return None
    low = float(beta.ppf(0.025, part, whole - part + 1)) if part else 0.0
    high = float(beta.ppf(0.975, part + 1, whole - part)) if part < whole else 1.0
    return [low, high]
