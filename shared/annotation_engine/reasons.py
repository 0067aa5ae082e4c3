"""Why a disease stands where it stands, finding by finding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.annotation_engine import layout
from shared.annotation_engine.pages import finding_of
from shared.annotation_engine.scoring import MOST_FREQUENT, UNEXPECTED, Scorer, Scores
from shared.compiled_terms import CompiledTerminology
from shared.compiled_terms.texts import text_at
from shared.ranking.answer import Reason

MOST = 10
# A finding that fewer patients have is not missed.
FREQUENT = 0.3
# A finding of the patient that shares this much of a term's information shows it.
SHOWN = 0.6
Three = tuple[tuple[Reason, ...], tuple[Reason, ...], tuple[Reason, ...]]


class Reasons:
    """Finds reasons.

    Parameters
    ----------
    scorer : Scorer
    codes : sequence of str
        Of the terms, by row.
    terms : CompiledTerminology
    """

    def __init__(self, scorer: Scorer, codes: Sequence[str], terms: CompiledTerminology) -> None:
        self._scorer = scorer
        self._codes = codes
        self._terms = terms

    def of(
        self, disease: int, observed: Sequence[int], excluded: Sequence[int], shared: Scores
    ) -> Three:
        """Return what matches, what is missing and what contradicts, the weightiest first.

        Parameters
        ----------
        shared : float array of shape (terms,)
            Information that each term shares with the nearest finding.
        """
        known, closure = self._scorer.annotated(disease), self._scorer.closure(disease)
        matching: list[Reason] = []
        contradicting: list[Reason] = []
        for row in observed:
            found = self._observed(row, known, closure)
            (matching if found.weight > 0 else contradicting).append(found)
        contradicting += [
            self._excluded(row, closure[row], known) for row in excluded if closure.get(row)
        ]
        missing = self._missing(known, excluded, shared)
        ordered = sorted(matching, key=lambda each: -each.weight)
        against = sorted(contradicting, key=lambda each: each.weight)
        return tuple(ordered[:MOST]), tuple(missing[:MOST]), tuple(against[:MOST])

    def _observed(
        self, row: int, known: dict[int, tuple[float, int]], closure: dict[int, float]
    ) -> Reason:
        ratio, share = UNEXPECTED, None
        for above in self._scorer.lineage(row):
            here = min(closure.get(above, 0.0), MOST_FREQUENT) / self._scorer.background[above]
            if here > ratio:
                ratio, share = float(here), closure[above]
        nearest = self._nearest(row, known, closure) if share is not None else None
        return Reason(
            finding=finding_of(self._codes[row], self._terms),
            counterpart=None if nearest is None else finding_of(self._codes[nearest], self._terms),
            frequency=share,
            weight=float(np.log2(ratio)),
            publications=() if nearest is None else self._sources(known[nearest][1]),
        )

    def _nearest(
        self, row: int, known: dict[int, tuple[float, int]], closure: dict[int, float]
    ) -> int | None:
        """Return the annotated term that a finding fits best; None where it fits none."""
        shared = [above for above in self._scorer.lineage(row) if above in closure]
        if not shared:
            return None
        most = max(shared, key=self._scorer.information.__getitem__)
        below = [each for each in known if most in self._scorer.lineage(each)]
        return max(below, key=lambda each: known[each][0], default=None)

    def _excluded(self, row: int, share: float, known: dict[int, tuple[float, int]]) -> Reason:
        weight = (1 - min(share, MOST_FREQUENT)) / (1 - float(self._scorer.background[row]))
        sources = self._sources(known[row][1]) if row in known else ()
        finding = finding_of(self._codes[row], self._terms)
        return Reason(finding, finding, share, float(np.log2(weight)), sources)

    def _missing(
        self,
        known: dict[int, tuple[float, int]],
        excluded: Sequence[int],
        shared: Scores,
    ) -> list[Reason]:
        information = self._scorer.information
        gone = set(excluded)
        rows = [
            row
            for row, (share, _) in known.items()
            if share >= FREQUENT
            and shared[row] < SHOWN * information[row]
            and not gone & self._scorer.lineage(row)
        ]
        rows.sort(key=lambda row: -known[row][0] * information[row])
        return [
            Reason(
                finding=finding_of(self._codes[row], self._terms),
                counterpart=None,
                frequency=known[row][0],
                weight=float(np.log2(1 - min(known[row][0], MOST_FREQUENT))),
                publications=self._sources(known[row][1]),
            )
            for row in rows[:MOST]
        ]

    def _sources(self, place: int) -> tuple[str, ...]:
        arrays = self._scorer.arrays
        letters = arrays[f"{layout.SOURCES}_letters"]
        ends = arrays[f"{layout.SOURCES}_text_ends"]
        return tuple(text_at(letters, ends, place).split())
