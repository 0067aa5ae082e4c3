"""Reading what hospitals told: counts, shares and distributions, and that some are not told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shared.contract import Contract, Feature, NumericFeature
from shared.exploration.cells import base_edges, cell_count
from shared.exploration.exploration import Exploration, FeatureTables
from shared.exploration.tables import CellCounts, CellTable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Missing:
    """How many patients have no value.

    Attributes
    ----------
    share : float or None
        None where it is not told.
    few : {"", "missing", "present"}
        Which side is too few to be told.
    at_most : float
        A bound where nothing else is known.
    """

    share: float | None
    few: str
    at_most: float

    @property
    def nearly(self) -> float | None:
        """The share, or what it nearly is where one side is few."""
        if self.share is not None:
            return self.share
        return {"missing": 0.0, "present": 1.0}.get(self.few)


def missing(feature: Feature, told: Exploration, name: str) -> Missing:
    """Return how many of a hospital's patients have no value."""
    tables, cell = told.features[name], cell_count(feature) - 1
    count = tables.cells.count_of(cell)
    if count is not None:
        return Missing(count / told.patients, "", count / told.patients)
    group = tables.cells.cells.index(tables.cells.group_with(cell))
    return Missing(None, tables.few, tables.cells.counts[group] / told.patients)


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

    The outermost steps reach to the ends of the contract's range, so that nobody learns the largest
    value. They are drawn twice as wide as the steps beside them.
    """
    edges = base_edges(feature)
    absent = len(edges) - 1
    groups = [
        (min(cells), max(set(cells) - {absent}) + 1, count)
        for cells, count in zip(tables.cells.cells, tables.cells.counts, strict=True)
        if set(cells) != {absent}
    ]
    if len(groups) < 2 or not sum(count for *_, count in groups):
        return None
    begins = np.array([edges[first] for first, _, _ in groups])
    ends = np.array([edges[last] for _, last, _ in groups])
    counts = np.array([count for *_, count in groups], dtype=np.float64)
    low = max(begins[0], ends[0] - 2 * (ends[1] - begins[1]))
    high = min(ends[-1], begins[-1] + 2 * (ends[-2] - begins[-2]))
    if len(groups) == 2:
        low, high = begins[0], ends[-1]
    return Distribution(
        edges=np.concatenate([[low], begins[1:], [high]]),
        counts=counts,
        open_low=bool(low > begins[0]),
        open_high=bool(high < ends[-1]),
    )


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


@dataclass(frozen=True)
class Told:
    """How many patients are in one cell.

    Attributes
    ----------
    count : int
        The patients, or the most there can be.
    is_exact : bool
        Whether it is told by itself, and not with others.
    """

    count: int
    is_exact: bool

    @property
    def at_least(self) -> int:
        """The fewest there can be."""
        return self.count if self.is_exact else 0


def told_of(cells: CellCounts, cell: int) -> Told:
    """Return what is told of one cell."""
    group = cells.group_with(cell)
    return Told(cells.counts[cells.cells.index(group)], len(group) == 1)


def class_count(contract: Contract, told: Exploration, code: str) -> Told:
    """Return the patients with a label."""
    return told_of(told.classes, list(contract.classes).index(code))


@dataclass(frozen=True)
class CodeShare:
    """The share of a code among patients whose value is known.

    Attributes
    ----------
    share : float
    kind : {"exact", "about", "bound"}
        ``about`` where it is told with the few whose value is missing; ``bound`` where it is the
        most it can be.
    """

    share: float
    kind: Literal["exact", "about", "bound"]


def code_share(feature: Feature, told: Exploration, name: str, place: int) -> CodeShare | None:
    """Return the share of a code; None where nobody has a value."""
    absent = cell_count(feature) - 1
    tables = told.features[name]
    known = patients_with(feature, told, name)
    if not known:
        return None
    found, group = told_of(tables.cells, place), tables.cells.group_with(place)
    if found.is_exact:
        return CodeShare(found.count / known, "exact")
    with_few = tables.few == "missing" and set(group) == {place, absent}
    return CodeShare(found.count / known, "about" if with_few else "bound")
