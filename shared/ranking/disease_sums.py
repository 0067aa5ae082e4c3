"""What hospitals say of their cases of each disease: sums, which add up over hospitals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge.terms import Findings, Matrix

Floats = npt.NDArray[np.float32]
AGE_BORDERS = (0.1, 1, 3, 6, 12, 18, 30, 45, 60)


@dataclass(frozen=True)
class CaseTable:
    """Cases as arrays, a row each.

    Attributes
    ----------
    observed, excluded : sparse matrix of shape (cases, findings)
        1 where a finding was recorded as present, or as absent.
    age, onset : array of shape (cases,)
        Years; NaN where unknown.
    female : array of shape (cases,)
        1 or 0; NaN where unknown.
    """

    observed: Matrix
    excluded: Matrix
    age: npt.NDArray[np.float64]
    onset: npt.NDArray[np.float64]
    female: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.observed.shape[0])

    def rows(self, chosen: npt.NDArray[np.int64]) -> CaseTable:
        """Return some of the cases."""
        return CaseTable(*(getattr(self, each.name)[chosen] for each in fields(self)))


def background_of(cases: CaseTable) -> Floats:
    """Return 0 and 1 of shape (cases, 22): age and onset by grid, and sex; no 1 where unknown."""
    parts = [
        _one_hot(np.digitize(cases.age, AGE_BORDERS), np.isnan(cases.age), len(AGE_BORDERS) + 1),
        _one_hot(
            np.digitize(cases.onset, AGE_BORDERS), np.isnan(cases.onset), len(AGE_BORDERS) + 1
        ),
        _one_hot(np.nan_to_num(cases.female).astype(int), np.isnan(cases.female), 2),
    ]
    return np.hstack(parts)


def _one_hot(places: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_], width: int) -> Floats:
    table = np.zeros((len(places), width), dtype=np.float32)
    rows = np.flatnonzero(~missing)
    table[rows, places[rows]] = 1
    return table


@dataclass(frozen=True)
class DiseaseSums:
    """Sums over cases by disease; those of several hospitals add up to the sums of all cases.

    A case's weight is one over the cases of its source (a publication, a family) with the same
    disease, since those are alike. Adding or removing one case moves each row of `even` by a
    vector of length 1 at most, scaled by the square root of its weight.

    Attributes
    ----------
    cases, sources : array of shape (diseases,)
        Cases, and the sum of their weights.
    above, observed : sparse matrix of shape (diseases, findings)
        Weighted counts of findings, with and without what lies above them.
    even : sparse matrix of shape (diseases, findings)
        The same with ancestors, by the root of the weights.
    background : array of shape (diseases, 22)
        By the root of the weights.
    """

    cases: Floats
    sources: Floats
    above: Matrix
    observed: Matrix
    even: Matrix
    background: Floats

    def __add__(self, other: DiseaseSums) -> DiseaseSums:
        return DiseaseSums(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        )


def merged(sums: Sequence[DiseaseSums]) -> DiseaseSums:
    """Add up the sums of hospitals."""
    return reduce(add, sums)


def sum_cases(
    findings: Findings,
    cases: CaseTable,
    rows: npt.NDArray[np.int64],
    sources: Sequence[str],
    diseases: int,
) -> DiseaseSums:
    """Sum one hospital's cases.

    Parameters
    ----------
    rows : int array of shape (cases,)
        Row of each case's disease among the candidates.
    sources : sequence of str
        Whose cases belong together; different ones where nothing is known.
    diseases : int
        How many candidates there are.
    """
    pairs: dict[tuple[int, str], int] = {}
    for pair in zip(rows.tolist(), sources, strict=True):
        pairs[pair] = pairs.get(pair, 0) + 1
    weights = np.array(
        [1 / pairs[pair] for pair in zip(rows.tolist(), sources, strict=True)], dtype=np.float32
    )

    def by_disease(values: npt.NDArray[np.float32]) -> Matrix:
        places = (rows, np.arange(len(rows)))
        return sparse.csr_matrix((values, places), shape=(diseases, len(rows)), dtype=np.float32)

    above = findings.with_ancestors(cases.observed)
    weighted, even = by_disease(weights), by_disease(np.sqrt(weights))
    return DiseaseSums(
        cases=np.bincount(rows, minlength=diseases).astype(np.float32),
        sources=np.bincount(rows, weights=weights, minlength=diseases).astype(np.float32),
        above=weighted @ above,
        observed=weighted @ cases.observed,
        even=even @ above,
        background=np.asarray(even @ background_of(cases), dtype=np.float32),
    )
