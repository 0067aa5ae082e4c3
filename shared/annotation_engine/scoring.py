"""How well each disease fits a case, all diseases at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.annotation_engine import layout
from shared.models.base import Arrays

Scores = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
# A finding that a disease is not known for is this much less probable than in others: patients have
# findings that nobody has written down yet.
UNEXPECTED = 0.2
# No frequency in a paper is sure.
MOST_FREQUENT = 0.97
KEPT = 512


@dataclass(frozen=True)
class Scored:
    """What fits how well.

    Attributes
    ----------
    likelihood : float array of shape (diseases,)
        Logarithm of the findings' likelihood under the disease over that under any disease.
    matching : float array of shape (diseases,)
        Symmetric best match of information content, 0 to 1.
    """

    likelihood: Scores
    matching: Scores


class Scorer:
    """Scores cases given as rows of terms.

    Parameters
    ----------
    arrays : Arrays
        As in `shared.annotation_engine.layout`.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.diseases = len(arrays[layout.ANNOTATED_ENDS])
        self.background = np.asarray(arrays[layout.BACKGROUND], dtype=np.float64)
        self.information = -np.log2(self.background)
        self.starts = {
            name: layout.starts_of(arrays[name])
            for name in (layout.ANNOTATED_ENDS, layout.CARRIERS_ENDS, layout.ABOVE_ENDS)
        }
        self._weights = np.asarray(arrays[layout.FREQUENCY], dtype=np.float64)
        # Findings and diseases that come again and again; 0.1 MB for each finding.
        self._fit = lru_cache(maxsize=KEPT)(self._look_up)
        self._lineage = lru_cache(maxsize=None)(lambda row: frozenset(self.above(row).tolist()))
        self._closure = lru_cache(maxsize=KEPT)(self._read_closure)

    def above(self, row: int) -> npt.NDArray[np.int32]:
        """Return the rows of a term and of what lies above it."""
        found: npt.NDArray[np.int32] = self._part(layout.ABOVE, layout.ABOVE_ENDS, row)
        return found

    def lineage(self, row: int) -> frozenset[int]:
        """Return the same as a set."""
        return self._lineage(row)

    def carriers(self, row: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return which diseases have a term, and how frequent it is there."""
        ends = layout.CARRIERS_ENDS
        return self._part(layout.CARRIERS, ends, row), self._part(layout.CARRIED, ends, row)

    def annotated(self, disease: int) -> dict[int, tuple[float, int]]:
        """Return the terms of a disease: how frequent each is, and the place of its sources."""
        start = int(self.starts[layout.ANNOTATED_ENDS][disease])
        end = int(self.arrays[layout.ANNOTATED_ENDS][disease])
        rows = self.arrays[layout.ANNOTATED][start:end].tolist()
        shares = self.arrays[layout.FREQUENCY][start:end].tolist()
        return {
            row: (share, start + place)
            for place, (row, share) in enumerate(zip(rows, shares, strict=True))
        }

    def closure(self, disease: int) -> dict[int, float]:
        """Return the terms of a disease and all above them, with how frequent each is."""
        return self._closure(disease)

    def _read_closure(self, disease: int) -> dict[int, float]:
        found: dict[int, float] = {}
        for row, (share, _) in self.annotated(disease).items():
            for above in self.lineage(row):
                found[above] = max(share, found.get(above, 0.0))
        return found

    def _part(self, name: str, ends: str, row: int) -> Any:  # noqa: ANN401 - of any kind
        return self.arrays[name][self.starts[ends][row] : int(self.arrays[ends][row])]

    def _look_up(self, row: int) -> tuple[Floats, Floats]:
        """Return how a finding fits each disease.

        Returns
        -------
        logarithm of how much more probable it is under each disease than under any
            Where a disease is known for a more general finding only, that is what counts: the
            largest ratio of what lies above it.
        information of the most specific term that a disease shares with it
        """
        ratios = np.full(self.diseases, UNEXPECTED, dtype=np.float32)
        best = np.zeros(self.diseases, dtype=np.float32)
        general_first = sorted(self.lineage(row), key=self.information.__getitem__)
        for above in general_first:
            rows, shares = self.carriers(above)
            here = np.minimum(shares, MOST_FREQUENT) / np.float32(self.background[above])
            ratios[rows] = np.maximum(ratios[rows], here)
            best[rows] = self.information[above]
        return np.log(ratios), best

    def absence(self, row: int) -> Scores:
        """Return how much more probable the absence of a finding is under each disease."""
        found = np.ones(self.diseases)
        rows, shares = self.carriers(row)
        found[rows] = 1 - np.minimum(shares, MOST_FREQUENT)
        ratio: Scores = found / (1 - self.background[row])
        return ratio

    def score(self, observed: Sequence[int], excluded: Sequence[int]) -> Scored:
        """Score all diseases for rows of terms."""
        likelihood = np.zeros(self.diseases)
        forward = np.zeros(self.diseases)
        for row in observed:
            ratios, best = self._fit(row)
            likelihood += ratios
            forward += best
        for row in excluded:
            likelihood += np.log(self.absence(row))
        total = self.information[list(observed)].sum() if observed else 0.0
        matching = (forward / total + self._backward(observed)) / 2 if total else forward
        return Scored(likelihood, matching)

    def _backward(self, observed: Sequence[int]) -> Scores:
        """Return how much of what a disease is known for the findings show."""
        best = self.shared_with(observed)
        rows = self.arrays[layout.ANNOTATED]
        starts = self.starts[layout.ANNOTATED_ENDS]
        shown = np.add.reduceat(self._weights * best[rows], starts)
        whole = np.add.reduceat(self._weights * self.information[rows], starts)
        found: Scores = np.divide(shown, whole, out=np.zeros(self.diseases), where=whole > 0)
        return found

    def shared_with(self, observed: Sequence[int]) -> Scores:
        """Return, by term, the information of what it shares with the nearest finding."""
        among = np.zeros(len(self.background))
        for row in observed:
            among[self.above(row)] = self.information[self.above(row)]
        found: Scores = np.maximum.reduceat(
            among[self.arrays[layout.ABOVE]], self.starts[layout.ABOVE_ENDS]
        )
        return found
