"""Reading what hospitals told: counts, shares and distributions, and that some are not told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shared.contract import Contract, Feature, NumericFeature
from shared.exploration.cells import base_edges, cell_count
from shared.exploration.exploration import Exploration, FeatureTables
from shared.exploration.tables import CellCounts, CellTable

Floats = npt.NDArray[np.float64]


# An outermost step of so large a share is drawn as wide as it is.
_MUCH = 0.5
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


@dataclass(frozen=True)
class Distribution:
    """A number's distribution at one hospital.

    Attributes
    ----------
    edges : array of shape (steps + 1,)
        Within the contract's range; the outermost steps are drawn shorter than they reach.
    counts : array of shape (steps,)
    open_low, open_high : bool
        Whether the outermost steps are drawn shorter.
    """

    edges: Floats
    counts: Floats
    open_low: bool
    open_high: bool

    @property
    def density(self) -> Floats:
        """Share of the patients who have a value, per unit; shape (steps,)."""
        found: Floats = self.counts / np.diff(self.edges) / self.counts.sum()
        return found


def distribution(feature: NumericFeature, tables: FeatureTables) -> Distribution | None:
    """Return a number's distribution; None where it is told in a single step.

    Outermost steps of few patients reach to the ends of the contract's range, so that nobody learns
    the largest value. They are drawn twice as wide as the steps beside them, unless they hold so
    many that this would mislead.
    """
    edges = base_edges(feature)
    absent = len(edges) - 1
    groups = _without_empty_ends(
        [
            (min(cells), max(set(cells) - {absent}) + 1, count)
            for cells, count in zip(tables.cells.cells, tables.cells.counts, strict=True)
            if set(cells) != {absent}
        ]
    )
    if len(groups) < 2:
        return None
    begins = np.array([edges[first] for first, _, _ in groups])
    ends = np.array([edges[last] for _, last, _ in groups])
    counts = np.array([count for *_, count in groups], dtype=np.float64)
    everyone = counts.sum()
    low = max(begins[0], ends[0] - _drawn(counts[0], everyone, ends[1] - begins[1]))
    high = min(ends[-1], begins[-1] + _drawn(counts[-1], everyone, ends[-2] - begins[-2]))
    return Distribution(
        edges=np.concatenate([[low], begins[1:], [high]]),
        counts=counts,
        open_low=bool(low > begins[0]),
        open_high=bool(high < ends[-1]),
    )


def _without_empty_ends(groups: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    occupied = [place for place, (*_, count) in enumerate(groups) if count]
    return groups[occupied[0] : occupied[-1] + 1] if occupied else []


def _drawn(count: float, patients: float, width: float) -> float:
    """Return how wide an outermost step is drawn, given the width of the one beside it."""
    return np.inf if count > _MUCH * patients else 2 * width


def mixed(distributions: list[Distribution]) -> Distribution | None:
    """Return the distribution of the patients of several hospitals, each even within its steps."""
    if not distributions:
        return None
    edges = np.unique(np.concatenate([each.edges for each in distributions]))
    middles = (edges[1:] + edges[:-1]) / 2
    counts = np.zeros(len(middles))
    for each in distributions:
        place = np.searchsorted(each.edges, middles, side="right") - 1
        inside = (place >= 0) & (place < len(each.counts))
        density = each.counts / np.diff(each.edges)
        counts[inside] += density[place[inside]] * np.diff(edges)[inside]
    return Distribution(edges, counts, open_low=False, open_high=False)


def code_share(feature: Feature, told: Exploration, name: str, place: int) -> tuple[float, Told]:
    """Return the share of a code among patients whose value is known, and how it is told."""
    tables = told.features[name]
    found = told_of(tables.cells, tables.few, place, told.smallest_cell)
    return min(found.count / max(patients_with(feature, told, name), 1), 1.0), found
