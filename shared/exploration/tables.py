"""Tables of counts whose cells may be told, and how those of two hospitals become one."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from shared.errors import JuntosError
from shared.exploration.partition import Integers, Partition, is_partition, join, summed
from shared.settings_file import StrictModel

Count = Annotated[int, Field(ge=0)]


class CellCounts(StrictModel):
    """How many patients are in each group of cells.

    Attributes
    ----------
    cells : tuple of tuple of int
        Cells that are told together, by position.
    counts : tuple of int
        Patients in each group.
    """

    cells: Partition
    counts: tuple[Count, ...]

    @property
    def array(self) -> Integers:
        """The counts, shape (groups,)."""
        return np.array(self.counts, dtype=np.int64)

    @property
    def total(self) -> int:
        """All patients."""
        return sum(self.counts)

    def count_of(self, cell: int) -> int | None:
        """Return the patients of one cell; None where it is told with others only."""
        group = self.cells.index((cell,)) if (cell,) in self.cells else None
        return None if group is None else self.counts[group]

    def group_with(self, cell: int) -> tuple[int, ...]:
        """Return the cells that are told together with one, itself among them."""
        return next(group for group in self.cells if cell in group)

    def coarsened(self, cells: Partition) -> CellCounts:
        """Return the same counts by the groups of a coarser partition."""
        counts = summed(self.array, self.cells, cells)
        return CellCounts(cells=cells, counts=tuple(counts.tolist()))

    def merge(self, other: CellCounts) -> CellCounts:
        """Return the counts of both hospitals, as finely as both tell them."""
        cells = join(self.cells, other.cells)
        counts = self.coarsened(cells).array + other.coarsened(cells).array
        return CellCounts(cells=cells, counts=tuple(counts.tolist()))

    def check(self, size: int, patients: int) -> None:
        """Refuse counts from another party that cannot be.

        Raises
        ------
        JuntosError
            When cells are lost or told twice, or the counts do not add up.
        """
        if not is_partition(self.cells, size) or len(self.counts) != len(self.cells):
            raise JuntosError("counts that do not cover each cell once")
        if self.total != patients:
            raise JuntosError("counts that do not add up to the number of patients")


class CellTable(StrictModel):
    """How many patients are in each group of cells, by group of classes.

    Attributes
    ----------
    rows, columns : tuple of tuple of int
        Groups of cells, and groups of classes, by position.
    counts : tuple of tuple of int
        Patients, by row and column.
    """

    rows: Partition
    columns: Partition
    counts: tuple[tuple[Count, ...], ...]

    @property
    def array(self) -> Integers:
        """The counts, shape (rows, columns)."""
        return np.array(self.counts, dtype=np.int64).reshape(len(self.rows), len(self.columns))

    @classmethod
    def of(cls, rows: Partition, columns: Partition, counts: Integers) -> CellTable:
        """Return a table of an array of counts."""
        return cls(rows=rows, columns=columns, counts=tuple(map(tuple, counts.tolist())))

    def coarsened(self, rows: Partition, columns: Partition) -> CellTable:
        """Return the same counts by coarser partitions."""
        by_row = summed(self.array, self.rows, rows)
        return CellTable.of(rows, columns, summed(by_row, self.columns, columns, axis=1))

    def merge(self, other: CellTable) -> CellTable:
        """Return the counts of both hospitals, as finely as both tell them."""
        rows, columns = join(self.rows, other.rows), join(self.columns, other.columns)
        both = (each.coarsened(rows, columns).array for each in (self, other))
        return CellTable.of(rows, columns, sum(both, np.zeros(1, dtype=np.int64)))

    def check(self, size: int, classes: int, patients: int) -> None:
        """Refuse a table from another party that cannot be; see `CellCounts.check`."""
        covers = is_partition(self.rows, size) and is_partition(self.columns, classes)
        shape = len(self.counts), {len(row) for row in self.counts}
        if not covers or shape != (len(self.rows), {len(self.columns)}):
            raise JuntosError("a table that does not cover each cell once")
        if int(self.array.sum()) != patients:
            raise JuntosError("a table that does not add up to the number of patients")
