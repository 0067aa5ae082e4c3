"""Numbers, flags and codes as SMOTE takes them: complete numbers, and codes as whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from shared.contract import CategoricalFeature, Contract, FlagFeature, NumericFeature

if TYPE_CHECKING:
    from imblearn.over_sampling.base import BaseOverSampler

MISSING = -1.0


class PlainColumns:
    """The plain columns of a hospital's records, and the way back.

    Numbers are in units of their spread at this hospital, with the median where missing, each
    followed by a code that says whether it was missing. Flags and codes are codes.

    Parameters
    ----------
    table : DataFrame
        As in `shared.records.Records`.
    """

    def __init__(self, contract: Contract, table: pd.DataFrame) -> None:
        features = contract.features.items()
        self.numbers = {name: each for name, each in features if isinstance(each, NumericFeature)}
        self.flags = [name for name, each in features if isinstance(each, FlagFeature)]
        self.codes = {
            name: [coded.code for coded in each.codes]
            for name, each in features
            if isinstance(each, CategoricalFeature)
        }
        values = table[list(self.numbers)].to_numpy(np.float64)
        self.was_missing = np.isnan(values)
        known = table[list(self.numbers)]
        self.middle = known.median().fillna(0.0).to_numpy()
        self.spread = known.std().replace(0.0, np.nan).fillna(1.0).to_numpy()
        filled = np.where(self.was_missing, self.middle, values)
        self.scaled = (filled - self.middle) / self.spread
        self.coded = np.column_stack(
            [
                self.was_missing.astype(np.float64),
                table[self.flags].fillna(MISSING).to_numpy(np.float64),
                *[pd.Categorical(table[name], codes).codes for name, codes in self.codes.items()],
            ]
        )

    def between(
        self,
        of_class: npt.NDArray[np.bool_],
        rows: int,
        neighbours: int,
        generator: np.random.Generator,
    ) -> dict[str, Any]:
        """Make rows between those of a class.

        Parameters
        ----------
        of_class : bool array of shape (rows of the table,)
            At least two; and at least one row of another class.

        Returns
        -------
        dict of str to array of shape (rows,)
            By feature: plain columns as records hold them.
        """
        wide = np.column_stack([self.scaled, self.coded])
        if not wide.shape[1]:
            return {}
        sampler = self._sampler(int(of_class.sum()), rows, neighbours, generator)
        sampled, _ = sampler.fit_resample(wide, of_class.astype(int))
        return self._restored(np.asarray(sampled[len(wide) :], dtype=np.float64))

    def _sampler(
        self, own: int, rows: int, neighbours: int, generator: np.random.Generator
    ) -> BaseOverSampler:
        from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

        options = {
            "sampling_strategy": {1: own + rows},
            "random_state": int(generator.integers(2**32)),
            "k_neighbors": min(neighbours, own - 1),
        }
        numbers, codes = self.scaled.shape[1], self.coded.shape[1]
        if not numbers:
            return SMOTEN(**options)
        if not codes:
            return SMOTE(**options)
        return SMOTENC(list(range(numbers, numbers + codes)), **options)

    def _restored(self, wide: npt.NDArray[np.float64]) -> dict[str, Any]:
        columns: dict[str, Any] = {}
        count = len(self.numbers)
        for index, (name, feature) in enumerate(self.numbers.items()):
            value = wide[:, index] * self.spread[index] + self.middle[index]
            value = np.clip(value, feature.minimum, feature.maximum)
            columns[name] = np.where(wide[:, count + index] > 0, np.nan, value)
        for index, name in enumerate(self.flags, 2 * count):
            columns[name] = np.where(wide[:, index] == MISSING, np.nan, wide[:, index])
        for index, (name, codes) in enumerate(self.codes.items(), 2 * count + len(self.flags)):
            columns[name] = np.array([*codes, None], dtype=object)[wide[:, index].astype(int)]
        return columns
