"""The cases of this hospital that are most like one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.contract import Contract
from shared.preparation import prepare
from shared.records import Records
from shared.run_settings import RunSettings
from shared.statistics import summarise


@dataclass(frozen=True)
class SimilarCase:
    """One of them.

    Attributes
    ----------
    row : int
        Its position among the records.
    distance : float
        Euclidean, between features as models see them: in standard deviations, and 1 for each
        category that differs.
    same_person : bool
        Whether it is another record of the same patient.
    """

    row: int
    distance: float
    same_person: bool


class Similarity:
    """Finds similar cases among some records.

    Parameters
    ----------
    contract : Contract
    records : Records
    """

    def __init__(self, contract: Contract, records: Records) -> None:
        preparation = prepare(contract, summarise(contract, records), RunSettings())
        self._features = preparation.preprocessor.transform(records.table)
        self._persons: npt.NDArray[np.int64] = records.persons()

    def nearest(self, row: int, count: int) -> list[SimilarCase]:
        """Return the cases nearest to one, itself left out, nearest first."""
        difference = self._features - self._features[row]
        distances = np.sqrt(np.einsum("ij,ij->i", difference, difference, dtype=np.float64))
        distances[row] = np.inf
        count = min(count, len(distances) - 1)
        if count < 1:
            return []
        nearest = np.argpartition(distances, count - 1)[:count]
        ordered = nearest[np.lexsort((nearest, distances[nearest]))]
        own = self._persons[row]
        return [
            SimilarCase(int(each), float(distances[each]), bool(self._persons[each] == own))
            for each in ordered
        ]
