"""Sums of cases as lists of numbers of one length, so that they can be added under masks.

Of 8,000 diseases and 18,000 findings most have no case anywhere. Which have any is summed first;
then come blocks of those diseases and findings alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge.terms import Matrix
from shared.models.base import Arrays
from shared.ranking.disease_sums import DiseaseSums, merged

Rows = npt.NDArray[np.int64]
BLOCK = "block"
DISEASES, COLUMNS = "diseases", "columns"
MATRICES, TABLES = ("above", "observed", "even"), ("cases", "sources", "background")
# Numbers of one question.
MOST = 400_000
# Sums of squares of scores are large, and need no fine steps.
SCALES = {"inputs": 2.0**-12}


def outline_of(folds: Sequence[DiseaseSums]) -> Arrays:
    """Return how many cases each disease has, and how much of each finding there is."""
    whole = merged(folds)
    return {
        DISEASES: whole.cases.astype(np.float64),
        COLUMNS: np.asarray(whole.even.sum(axis=0), dtype=np.float64).ravel(),
    }


def blocks(diseases: Rows, columns: Rows, folds: int) -> list[Arrays]:
    """Cut the diseases and findings that have cases into questions."""
    size = max(1, MOST // max(folds * len(MATRICES) * len(columns), 1))
    return [
        {DISEASES: diseases[start : start + size], COLUMNS: columns}
        for start in range(0, len(diseases), size)
    ]


def block_of(folds: Sequence[DiseaseSums], block: Mapping[str, npt.NDArray[np.int64]]) -> Arrays:
    """Return the sums of each fold over some diseases and findings.

    Raises
    ------
    IndexError
        When there are no such diseases or findings.
    """
    rows, columns = block[DISEASES], block[COLUMNS]
    found: Arrays = {}
    for name in MATRICES:
        found[name] = np.stack([getattr(each, name)[rows][:, columns].toarray() for each in folds])
    for name in TABLES:
        found[name] = np.stack([getattr(each, name)[rows] for each in folds])
    return found


def shapes_of_block(block: Arrays, folds: int, background: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of what `block_of` returns."""
    rows, columns = len(block[DISEASES]), len(block[COLUMNS])
    return {
        **dict.fromkeys(MATRICES, (folds, rows, columns)),
        **dict.fromkeys(("cases", "sources"), (folds, rows)),
        "background": (folds, rows, background),
    }


@dataclass
class Assembly:
    """Puts blocks of all hospitals together."""

    shape: tuple[int, int]
    folds: int
    background: int

    def __post_init__(self) -> None:
        diseases = self.shape[0]
        self._parts: dict[str, list[list[sparse.csr_matrix]]] = {
            name: [[] for _ in range(self.folds)] for name in MATRICES
        }
        self._tables = {
            "cases": np.zeros((self.folds, diseases), dtype=np.float32),
            "sources": np.zeros((self.folds, diseases), dtype=np.float32),
            "background": np.zeros((self.folds, diseases, self.background), dtype=np.float32),
        }

    def add(self, block: Arrays, found: Arrays) -> None:
        """Take a block in."""
        rows, columns = block[DISEASES], block[COLUMNS]
        for name in TABLES:
            self._tables[name][:, rows] = found[name]
        for name in MATRICES:
            for fold, table in enumerate(found[name]):
                row, column = np.nonzero(np.abs(table) > 1e-4)
                values = table[row, column].astype(np.float32)
                places = (rows[row], columns[column])
                self._parts[name][fold].append(
                    sparse.csr_matrix((values, places), shape=self.shape)
                )

    def sums(self) -> list[DiseaseSums]:
        """Return the sums of each fold."""
        return [
            DiseaseSums(
                cases=self._tables["cases"][fold],
                sources=self._tables["sources"][fold],
                above=self._whole("above", fold),
                observed=self._whole("observed", fold),
                even=self._whole("even", fold),
                background=self._tables["background"][fold],
            )
            for fold in range(self.folds)
        ]

    def _whole(self, name: str, fold: int) -> Matrix:
        nothing = np.zeros(0, dtype=np.float32), (np.zeros(0, int), np.zeros(0, int))
        found: Matrix = sparse.csr_matrix(nothing, shape=self.shape)
        for each in self._parts[name][fold]:
            found = sparse.csr_matrix(found + each)
        return found


def flat(arrays: Arrays, what: str) -> npt.NDArray[np.float64]:
    """Return all numbers one after the other, by name; scaled so that sums stay whole numbers."""
    parts = [np.asarray(arrays[name], dtype=np.float64).ravel() for name in sorted(arrays)]
    found: npt.NDArray[np.float64] = np.concatenate(parts) * SCALES.get(what, 1.0)
    return found


def unflattened(
    values: npt.NDArray[np.float64], shapes: Mapping[str, tuple[int, ...]], what: str
) -> Arrays:
    """Return the arrays that `flat` wrote."""
    found: Arrays = {}
    start = 0
    for name in sorted(shapes):
        size = int(np.prod(shapes[name]))
        found[name] = values[start : start + size].reshape(shapes[name]) / SCALES.get(what, 1.0)
        start += size
    return found
