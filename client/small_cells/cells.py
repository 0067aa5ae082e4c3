"""Counts that tell of no fewer rows than the smallest cell.

Every count that is told is a multiple of the smallest cell, with at least as many rows behind it:
what is left when told counts are subtracted from each other is a multiple too, so that a total
never gives away what a cell holds back.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def floored(count: int, smallest: int) -> int:
    """Return the largest multiple of the smallest cell that is not above the count."""
    return count // smallest * smallest


def floored_cells(counts: Mapping[str, int], smallest: int) -> dict[str, int]:
    """Return the cells of a table that has no order, rounded down; without those of few rows."""
    told = {name: floored(count, smallest) for name, count in counts.items()}
    return {name: count for name, count in told.items() if count}


def grouped(cells: npt.NDArray[np.integer], groups: int, smallest: int) -> Integers:
    """Return a histogram whose rows are told in groups of neighbours, each at its mean place.

    No cell holds back its rows: few are told with those next to them.

    Parameters
    ----------
    cells : int array of shape (bins,)
        In an order that means something.
    groups : int
        At most ``cells.sum() // smallest``: every group then holds at least `smallest` rows.
    smallest : int
        What each group is told as.

    Returns
    -------
    int64 array of shape (bins,)
        Sums to ``groups * smallest``.
    """
    told = np.zeros(len(cells), dtype=np.int64)
    if not groups:
        return told
    rows = int(cells.sum())
    if groups * smallest > rows:
        raise ValueError("groups of fewer rows than the smallest cell")
    bounds = np.arange(groups + 1, dtype=np.int64) * rows // groups
    places = _sums_of_places(cells.astype(np.int64), bounds)
    means = np.rint(np.diff(places) / np.diff(bounds)).astype(np.int64)
    np.add.at(told, means, smallest)
    return told


def _sums_of_places(cells: Integers, bounds: Integers) -> Integers:
    """Return the sum of the bins of the first so many rows, for each bound."""
    before = np.concatenate([[0], np.cumsum(cells)])
    sums = np.concatenate([[0], np.cumsum(cells * np.arange(len(cells)))])
    bins = np.clip(np.searchsorted(before, bounds, side="right") - 1, 0, len(cells) - 1)
    found: Integers = sums[bins] + (bounds - before[bins]) * bins
    return found


def grouped_alone(cells: npt.NDArray[np.integer], smallest: int) -> Integers:
    """Return a histogram told in as many groups as its own rows allow; see `grouped`."""
    return grouped(cells, int(cells.sum()) // smallest, smallest)
