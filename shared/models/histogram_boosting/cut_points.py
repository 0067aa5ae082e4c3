"""Where columns may be cut, the same at every hospital."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.training_data import Matrix

VALUES = "cut_values"
COUNTS = "cut_counts"
MISSING = "cut_missing"
MAXIMUM_BINS = 65_535

Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class CutPoints:
    """Cut points of all columns, one column after the other.

    A column with n cuts has n + 1 bins, and one more, its last, where any hospital lacks values. A
    value goes left of a cut when it is smaller, as in XGBoost.

    Attributes
    ----------
    values : float32 array of shape (cuts of all columns,)
        Ascending within a column.
    counts : int32 array of shape (columns,)
        Cuts of each column.
    missing : bool array of shape (columns,)
        Whether the column has a bin for missing values.
    """

    values: npt.NDArray[np.float32]
    counts: npt.NDArray[np.int32]
    missing: npt.NDArray[np.bool_]

    @cached_property
    def bins(self) -> npt.NDArray[np.int64]:
        """Bins of each column, shape (columns,)."""
        found: npt.NDArray[np.int64] = self.counts.astype(np.int64) + 1 + self.missing
        return found

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """Position of each column's first bin among all, shape (columns,)."""
        found: npt.NDArray[np.int64] = np.cumsum(self.bins) - self.bins
        return found

    @property
    def total_bins(self) -> int:
        """Bins of all columns together."""
        return int(self.bins.sum())

    def of_column(self, column: int) -> npt.NDArray[np.float32]:
        """Return one column's cuts."""
        end = int(self.counts[: column + 1].sum())
        return self.values[end - int(self.counts[column]) : end]

    def codes(self, features: Matrix) -> Codes:
        """Return the bin of each value, counted within its column, shape (rows, columns).

        A value that is missing where none was at the search goes to the first bin.
        """
        found = np.zeros(features.shape, dtype=np.uint16)
        for column in range(features.shape[1]):
            values = features[:, column]
            code = np.searchsorted(self.of_column(column), values, side="right")
            absent = self.counts[column] + 1 if self.missing[column] else 0
            found[:, column] = np.where(np.isnan(values), absent, code)
        return found

    def to_arrays(self) -> Arrays:
        """Write for the wire."""
        missing = self.missing.astype(np.uint8)
        return {VALUES: self.values, COUNTS: self.counts, MISSING: missing}

    @classmethod
    def from_arrays(cls, arrays: Arrays, columns: int) -> CutPoints:
        """Read from the wire.

        Raises
        ------
        JuntosError
            When they are no cut points of so many columns.
        """
        try:
            values = arrays[VALUES].astype(np.float32)
            counts, missing = arrays[COUNTS].astype(np.int32), arrays[MISSING].astype(np.bool_)
        except (KeyError, ValueError):
            raise JuntosError("cut points that are incomplete") from None
        cuts = cls(values, counts, missing)
        cuts.check(columns)
        return cuts

    def check(self, columns: int) -> None:
        """Refuse what are no cut points of so many columns.

        Raises
        ------
        JuntosError
            Naming what does not fit.
        """
        if self.counts.shape != (columns,) or self.missing.shape != (columns,):
            raise JuntosError("cut points of another number of columns")
        if (self.counts < 0).any() or int(self.counts.sum()) != len(self.values):
            raise JuntosError("cut points whose counts do not add up")
        if columns and int(self.bins.max()) > MAXIMUM_BINS:
            raise JuntosError("more bins than a column may have")
        ascending = np.diff(self.values) > 0
        ends = np.cumsum(self.counts)[:-1] - 1
        ascending[ends[(ends >= 0) & (ends < len(ascending))]] = True
        if not np.isfinite(self.values).all() or not ascending.all():
            raise JuntosError("cut points that do not ascend")
