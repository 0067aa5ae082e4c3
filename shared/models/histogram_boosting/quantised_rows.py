"""A hospital's rows as bins, and sums over them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.training_data import Matrix

Slots = npt.NDArray[np.int64]
Entries = tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]

# Codes whose entries are kept, at 16 bytes; of more, they are found again for each level.
KEPT_ENTRIES = 50_000_000


class QuantisedRows:
    """Rows of one hospital, quantised once.

    Most values of most columns are alike (a code that is absent, a term that was not found). Each
    column's most frequent bin is left out of the sums, and found as what is missing to the node's
    total.

    Attributes
    ----------
    codes : uint16 array of shape (rows, columns)
        Bin of each value within its column.
    """

    def __init__(self, cuts: CutPoints, features: Matrix) -> None:
        self.cuts = cuts
        self.codes = cuts.codes(features)
        columns = range(self.codes.shape[1])
        usual = np.array(
            [
                np.bincount(self.codes[:, column]).argmax() if len(features) else 0
                for column in columns
            ],
            dtype=np.int64,
        )
        self._usual, self._usual_bins = usual, cuts.starts + usual
        self._entries = self._entries_of(0) if self.codes.size <= KEPT_ENTRIES else None

    def __len__(self) -> int:
        return len(self.codes)

    def _blocks(self) -> Iterator[Entries]:
        """Yield the entries of some rows after the other; of few rows all, made once."""
        if self._entries is not None:
            yield self._entries
            return
        for start in range(0, len(self.codes), self._block_rows):
            yield self._entries_of(start)

    @property
    def _block_rows(self) -> int:
        columns: int = self.codes.shape[1]
        return max(1, KEPT_ENTRIES // max(1, columns))

    def _entries_of(self, start: int) -> Entries:
        """Return row and bin of what is not usual, in the rows from `start` on."""
        codes = self.codes[start : start + self._block_rows]
        rows, unusual = np.nonzero(codes != self._usual)
        return rows + start, self.cuts.starts[unusual] + codes[rows, unusual]

    def sums(
        self, slots: Slots, number: int, values: tuple[npt.NDArray[np.float64], ...]
    ) -> npt.NDArray[np.int64]:
        """Sum values over the rows of each slot and bin.

        Parameters
        ----------
        slots : int64 array of shape (rows,)
            Where each row belongs; `number` for nowhere.
        values : arrays of shape (rows,)
            Whole numbers.

        Returns
        -------
        int64 array of shape (number, bins of all columns, len(values))
        """
        bins = self.cuts.total_bins
        result = np.zeros((number, bins, len(values)), dtype=np.float64)
        for entry_rows, entry_bins in self._blocks():
            of_entries = slots[entry_rows]
            chosen = np.flatnonzero(of_entries < number)
            rows = entry_rows[chosen]
            place = of_entries[chosen] * bins + entry_bins[chosen]
            for index, each in enumerate(values):
                found = _summed(place, each[rows], number * bins)
                result[:, :, index] += found.reshape(number, bins)
        for index, each in enumerate(values):
            totals = _summed(slots, each, number + 1)[:number]
            self._complete(result[:, :, index], totals)
        return result.astype(np.int64)

    def _complete(self, sums: npt.NDArray[np.float64], totals: npt.NDArray[np.float64]) -> None:
        """Fill in each column's usual bin."""
        if len(self._usual_bins):
            of_columns = np.add.reduceat(sums, self.cuts.starts, axis=1)
            sums[:, self._usual_bins] = totals[:, None] - of_columns


def _summed(
    places: npt.NDArray[np.int64], values: npt.NDArray[np.float64], number: int
) -> npt.NDArray[np.float64]:
    return np.bincount(places, weights=values, minlength=number).astype(np.float64, copy=False)
