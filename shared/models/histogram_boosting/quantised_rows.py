"""A hospital's rows as bins, and sums over them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.training_data import Matrix

Slots = npt.NDArray[np.int64]


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
        self._usual_bins = cuts.starts + usual
        rows, unusual = np.nonzero(self.codes != usual)
        self._entry_rows = rows
        self._entry_bins = cuts.starts[unusual] + self.codes[rows, unusual]

    def __len__(self) -> int:
        return len(self.codes)

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
        of_entries = slots[self._entry_rows]
        chosen = np.flatnonzero(of_entries < number)
        rows = self._entry_rows[chosen]
        place = of_entries[chosen] * bins + self._entry_bins[chosen]
        result = np.empty((number, bins, len(values)), dtype=np.int64)
        for index, each in enumerate(values):
            found = _summed(place, each[rows], number * bins).reshape(number, bins)
            totals = _summed(slots, each, number + 1)[:number]
            self._complete(found, totals)
            result[:, :, index] = found
        return result

    def _complete(self, sums: npt.NDArray[np.float64], totals: npt.NDArray[np.float64]) -> None:
        """Fill in each column's usual bin."""
        if len(self._usual_bins):
            of_columns = np.add.reduceat(sums, self.cuts.starts, axis=1)
            sums[:, self._usual_bins] = totals[:, None] - of_columns


def _summed(
    places: npt.NDArray[np.int64], values: npt.NDArray[np.float64], number: int
) -> npt.NDArray[np.float64]:
    return np.bincount(places, weights=values, minlength=number).astype(np.float64, copy=False)
