"""Which patients were in earlier rows, in few bytes for each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PATIENT_BYTES = 8
HEXADECIMAL_DIGITS = 2 * PATIENT_BYTES

Persons = npt.NDArray[np.uint64]


def persons_of(pseudonyms: npt.NDArray[np.object_]) -> Persons:
    """Return the first 64 bits of each pseudonym, shape (rows,); 0 where there is none.

    Two of n patients share them with a probability of n^2 / 2^65: 3 in a million for 10 million.
    """
    numbers = [int(each[:HEXADECIMAL_DIGITS], 16) if each else 0 for each in pseudonyms]
    return np.array(numbers, dtype=np.uint64)


class SeenPatients:
    """The patients of all earlier batches, 8 bytes each.

    They are kept in sorted runs that are merged as they grow, so that few have to be looked into.
    """

    def __init__(self) -> None:
        self._runs: list[Persons] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def repeated(self, persons: Persons) -> npt.NDArray[np.bool_]:
        """Say which rows are of a person of an earlier row, in this batch or before; take all in.

        Parameters
        ----------
        persons : uint64 array of shape (rows,)

        Returns
        -------
        bool array of shape (rows,)
        """
        unique, first = np.unique(persons, return_index=True)
        repeated = np.ones(len(persons), dtype=np.bool_)
        repeated[first] = self._contain(unique)
        self._take_in(unique[~repeated[first]])
        return repeated

    def _contain(self, persons: Persons) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(persons), dtype=np.bool_)
        for run in self._runs:
            places = np.searchsorted(run, persons).clip(max=len(run) - 1)
            found |= run[places] == persons
        return found

    def _take_in(self, persons: Persons) -> None:
        if not len(persons):
            return
        self._runs.append(persons)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            merged = np.concatenate([self._runs[-1], last])
            # In place, since these are the largest arrays there are while a source is checked.
            merged.sort(kind="stable")
            self._runs[-1] = merged
