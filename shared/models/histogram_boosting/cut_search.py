"""Finding cut points from counts on a grid, refined where many rows are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.training_data import Matrix

EDGES = "edges"
EDGE_COUNTS = "edge_counts"
ROWS_IN_BINS = "rows_in_bins"
ROWS_MISSING = "rows_missing"

# Standardised numbers, shares and indicators lie close to 0; the grid is finest there.
_POWERS = 2.0 ** np.arange(-6, 8)
FIRST_EDGES = np.concatenate([-_POWERS[::-1], [0.0], _POWERS]).astype(np.float32)
PARTS = 16
REFINEMENTS = 4
# Fewer rows than this, of all hospitals together, are never looked at more closely.
SMALLEST_BIN_ROWS = 5


@dataclass
class ColumnGrid:
    """The grid of one column; edges ascend, and what is outside them counts too.

    Attributes
    ----------
    edges : float32 array of shape (edges,)
    rows : int64 array of shape (edges + 1,)
        In each bin, of all hospitals.
    settled : bool array of shape (edges + 1,)
        Bins that cannot be divided with profit.
    """

    edges: npt.NDArray[np.float32]
    rows: npt.NDArray[np.int64]
    settled: npt.NDArray[np.bool_]


class CutSearch:
    """Asks for counts on finer and finer grids; then says where to cut.

    Parameters
    ----------
    columns : int
    maximum_bins : int
        That a column may have.
    """

    def __init__(self, columns: int, maximum_bins: int) -> None:
        self._maximum_bins = maximum_bins
        bins = len(FIRST_EDGES) + 1
        self._grids = [
            ColumnGrid(FIRST_EDGES, np.zeros(bins, np.int64), np.zeros(bins, np.bool_))
            for _ in range(columns)
        ]
        self._missing = np.zeros(columns, np.int64)
        self._asked = 0

    def question(self) -> Arrays | None:
        """Return the grids to count on, or None when nothing is left to ask."""
        if self._asked and not self._refined():
            return None
        self._asked += 1
        return {
            EDGES: np.concatenate([grid.edges for grid in self._grids]),
            EDGE_COUNTS: np.array([len(grid.edges) for grid in self._grids], dtype=np.int32),
        }

    def _refined(self) -> bool:
        """Divide bins of every column; return whether there were any worth it."""
        if self._asked > REFINEMENTS:
            return False
        refined = [self._refine(grid) for grid in self._grids]
        return any(refined)

    def _refine(self, grid: ColumnGrid) -> bool:
        """Divide the bins that hold many rows; return whether there were any."""
        enough = max(int(grid.rows.sum()) // self._maximum_bins, SMALLEST_BIN_ROWS)
        heavy = (grid.rows > enough) & ~grid.settled
        # What lies outside the grid has no width to divide.
        heavy[[0, -1]] = False
        edges, settled = [grid.edges[:1]], [grid.settled[:1]]
        for index in range(1, len(grid.edges)):
            low, high = grid.edges[index - 1], grid.edges[index]
            inner = np.linspace(low, high, PARTS + 1, dtype=np.float32)[1:]
            inner = np.unique(inner[inner > low]) if heavy[index] else np.array([high])
            edges.append(inner.astype(np.float32))
            settled.append(np.full(len(inner), bool(grid.settled[index]) or len(inner) == 1))
        grid.edges = np.concatenate(edges)
        # A bin that is not divided now has too few rows to be divided later.
        grid.settled = np.concatenate([*settled, grid.settled[-1:]])
        return bool(heavy.any())

    def answer(self, counted: Arrays) -> None:
        """Take the counts of all hospitals together."""
        rows = np.split(counted[ROWS_IN_BINS], np.cumsum([len(g.edges) + 1 for g in self._grids]))
        for grid, found in zip(self._grids, rows, strict=False):
            grid.rows = found
        self._missing = counted[ROWS_MISSING]

    def cuts(self) -> CutPoints:
        """Return the cut points."""
        found = [self._cuts_of(grid) for grid in self._grids]
        return CutPoints(
            values=np.concatenate([*found, np.zeros(0, np.float32)]),
            counts=np.array([len(each) for each in found], dtype=np.int32),
            missing=self._missing > 0,
        )

    def _cuts_of(self, grid: ColumnGrid) -> npt.NDArray[np.float32]:
        """Cut between bins with rows, where enough rows have gathered since the last cut."""
        filled = np.flatnonzero(grid.rows)
        if len(filled) < 2:
            return np.zeros(0, np.float32)
        upper, lower = grid.edges[filled[:-1]], grid.edges[filled[1:] - 1]
        between = ((upper.astype(np.float64) + lower) / 2).astype(np.float32)
        if len(between) < self._maximum_bins:
            return np.unique(between)
        seen = np.cumsum(grid.rows[filled])
        part = (seen[:-1] * self._maximum_bins) // (seen[-1] + 1)
        last_of_part = np.append(part[:-1] != part[1:], True)
        return np.unique(between[last_of_part])[: self._maximum_bins - 1]


def count_rows(question: Arrays, features: Matrix) -> Arrays:
    """Count a hospital's rows on the grids asked for.

    Raises
    ------
    JuntosError
        When the grids are not of these columns.
    """
    edges, counts = question.get(EDGES), question.get(EDGE_COUNTS)
    if edges is None or counts is None or len(counts) != features.shape[1]:
        raise JuntosError("a grid of other columns than the preprocessor's")
    if (counts < 1).any() or int(counts.sum()) != len(edges) or not np.isfinite(edges).all():
        raise JuntosError("a grid whose edges are malformed")
    ends = np.cumsum(counts)
    rows = []
    for column, (start, end) in enumerate(zip(ends - counts, ends, strict=True)):
        values = features[:, column]
        own = edges[start:end]
        codes = np.searchsorted(own, values[~np.isnan(values)], side="right")
        rows.append(np.bincount(codes, minlength=len(own) + 1))
    return {
        ROWS_IN_BINS: np.concatenate([*rows, np.zeros(0, np.int64)]).astype(np.int64),
        ROWS_MISSING: np.isnan(features).sum(axis=0).astype(np.int64),
    }
