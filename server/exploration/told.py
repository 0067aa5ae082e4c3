"""Reading what hospitals told: counts, shares and distributions, and that some are not told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shared.contract import Contract, Feature
from shared.exploration.cells import cell_count
from shared.exploration.exploration import Exploration
from shared.exploration.tables import CellCounts, CellTable

Floats = npt.NDArray[np.float64]


Kind = Literal["exact", "about", "few", "bound"]


@dataclass(frozen=True)
class Told:
    """How many patients are in one cell.

    Attributes
    ----------
    count : int
        Of this cell, or of all that it is told with.
    kind : str
        ``exact``; ``few``: fewer than the smallest cell, told with others; ``about``: the others it
        is told with are few; ``bound``: the others may be as many.
    smallest : int
    """

    count: int
    kind: Kind
    smallest: int

    @property
    def at_least(self) -> int:
        """The fewest there can be, as far as is told."""
        return {"exact": self.count, "few": 1}.get(self.kind, 0)

    @property
    def at_most(self) -> int:
        """The most there can be."""
        return self.smallest - 1 if self.kind == "few" else self.count


def told_of(cells: CellCounts, few: Collection[int], cell: int, smallest: int) -> Told:
    """Return what is told of one cell.

    Parameters
    ----------
    few : collection of int
        Cells that are few.
    """
    group = cells.group_with(cell)
    count = cells.counts[cells.cells.index(group)]
    others = set(group) - {cell}
    if not others:
        return Told(count, "exact", smallest)
    if cell in few:
        return Told(count, "few", smallest)
    return Told(count, "about" if others <= set(few) else "bound", smallest)


def class_count(contract: Contract, told: Exploration, code: str) -> Told:
    """Return the patients with a label."""
    place = list(contract.classes).index(code)
    return told_of(told.classes, told.few_classes, place, told.smallest_cell)


@dataclass(frozen=True)
class Missing:
    """How many patients have no value.

    Attributes
    ----------
    rows : Told
    patients : int
    present_is_few : bool
    """

    rows: Told
    patients: int
    present_is_few: bool

    @property
    def share(self) -> float | None:
        """The share; None where it is not told."""
        return self.rows.count / self.patients if self.rows.kind == "exact" else None

    @property
    def nearly(self) -> float | None:
        """The share, or what it nearly is where one side is few."""
        if self.present_is_few:
            return 1.0
        if self.rows.kind == "few":
            return 0.0
        return self.rows.count / self.patients if self.rows.kind == "about" else self.share

    @property
    def at_most(self) -> float:
        """A bound where nothing else is known."""
        return self.rows.count / self.patients


def missing(feature: Feature, told: Exploration, name: str) -> Missing:
    """Return how many of a hospital's patients have no value."""
    tables = told.features[name]
    rows = told_of(tables.cells, tables.few, cell_count(feature) - 1, told.smallest_cell)
    return Missing(rows, told.patients, tables.present_is_few)


def patients_with(feature: Feature, told: Exploration, name: str) -> int:
    """Return how many patients have a value, or all where it is not told how many."""
    without = told.features[name].cells.count_of(cell_count(feature) - 1)
    return told.patients - (without or 0)


def values_by_class(feature: Feature, table: CellTable) -> CellTable:
    """Return a table without the row of what is missing, where that is told by itself."""
    cell = (cell_count(feature) - 1,)
    kept = [place for place, row in enumerate(table.rows) if row != cell]
    return CellTable(
        rows=tuple(table.rows[place] for place in kept),
        columns=table.columns,
        counts=tuple(table.counts[place] for place in kept),
    )


def code_share(feature: Feature, told: Exploration, name: str, place: int) -> tuple[float, Told]:
    """Return the share of a code among patients whose value is known, and how it is told."""
    tables = told.features[name]
    found = told_of(tables.cells, tables.few, place, told.smallest_cell)
    return min(found.count / max(patients_with(feature, told, name), 1), 1.0), found
