"""What goes together: pairs of numbers, pairs of codes, each feature and the class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats.contingency import association

from client.exploration.view import LocalView
from shared.exploration.cells import cell_count
from shared.exploration.hiding import steady_bins
from shared.exploration.measures import information_by_chance, mutual_information, uncertainty
from shared.exploration.partition import Integers, singletons, summed

Floats = npt.NDArray[np.float64]


def correlations(view: LocalView, method: str) -> Floats:
    """Return the correlation of each pair of numbers, over the records that have both.

    Parameters
    ----------
    method : str
        ``pearson`` or ``spearman``.
    """
    table = view.records.table[list(view.numbers)]
    found: Floats = table.corr(method=method, min_periods=3).to_numpy()  # type: ignore[arg-type]
    return found


def cramers_v(view: LocalView) -> tuple[list[str], Floats]:
    """Return Cramér's V of each pair of codes and flags, over the records that have both."""
    names = list(view.coded)
    cells = {name: view.cells(name) for name in names}
    found = np.full((len(names), len(names)), np.nan)
    for row, first in enumerate(names):
        for column, second in enumerate(names[:row]):
            table = _values(view, first, second, cells[first], cells[second])
            if min(table.shape, default=0) > 1:
                found[row, column] = association(table, method="cramer")
    return names, found


def _values(
    view: LocalView, first: str, second: str, rows: npt.NDArray[np.intp], columns: Integers
) -> Integers:
    sizes = [cell_count(view.contract.features[name]) for name in (first, second)]
    table = crosstab(rows, columns, sizes[0], sizes[1])[:-1, :-1]
    found: Integers = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return found


def crosstab(
    rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer], height: int, width: int
) -> Integers:
    """Count pairs, shape (height, width)."""
    flat = np.bincount(rows * width + columns, minlength=height * width)
    return flat.reshape(height, width).astype(np.int64)


@dataclass(frozen=True)
class ClassTelling:
    """What a feature tells of the class.

    Attributes
    ----------
    bits, chance : float
        Mutual information, and what an unrelated feature would seem to have.
    of_all : float
        Share of the uncertainty about the class.
    rows : int
        Records with a value.
    """

    feature: str
    bits: float
    chance: float
    of_all: float
    rows: int


def telling(view: LocalView) -> list[ClassTelling]:
    """Return what each feature's values tell of the class, most first."""
    found = []
    for name, feature in view.contract.features.items():
        size = cell_count(feature)
        table = crosstab(view.cells(name), view.class_places, size, len(view.groups))[:-1]
        if name in view.numbers:
            table = summed(table, singletons(len(table)), steady_bins(table.sum(axis=1), 5))
        if (table.sum(axis=1) > 0).sum() < 2 or (table.sum(axis=0) > 0).sum() < 2:
            continue
        bits, whole = mutual_information(table), uncertainty(table.sum(axis=0))
        chance = information_by_chance(table)
        share = bits / whole if whole else 0.0
        found.append(ClassTelling(name, bits, chance, share, int(table.sum())))
    return sorted(found, key=lambda each: -each.bits)
