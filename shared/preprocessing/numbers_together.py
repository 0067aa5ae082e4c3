"""All numbers and flags of a few rows at once: a single patient may have hundreds of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.derived.kinds import Column
from shared.models.training_data import Matrix
from shared.preprocessing.steps import FlagStep, NumericStep

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class NumbersTogether:
    """What `NumericStep` and `FlagStep` do, to the last bit, for all such steps in one go.

    Attributes
    ----------
    features : tuple of str
    places : int array of shape (features,)
        Column of the matrix that holds each.
    indicated : bool array of shape (features,)
        Which have a column that says where they are missing; `indicators` are those columns.
    mean, scale, fill : float array of shape (features, 1)
        As of `NumericStep`; flags are neither moved nor scaled.
    """

    features: tuple[str, ...]
    places: Places
    indicated: npt.NDArray[np.bool_]
    indicators: Places
    mean: Numbers
    scale: Numbers
    fill: Numbers

    @classmethod
    def of(cls, steps: Sequence[tuple[int, NumericStep | FlagStep]]) -> NumbersTogether:
        """Return the steps as arrays.

        Parameters
        ----------
        steps : sequence of (int, NumericStep or FlagStep)
            With the first column of each.
        """
        scaled = [
            (each.mean, each.scale) if isinstance(each, NumericStep) else (0.0, 1.0)
            for _, each in steps
        ]
        return cls(
            features=tuple(each.feature for _, each in steps),
            places=np.array([place for place, _ in steps], dtype=np.intp),
            indicated=np.array([each.indicator for _, each in steps], dtype=np.bool_),
            indicators=np.array([at + 1 for at, each in steps if each.indicator], dtype=np.intp),
            mean=_upright([mean for mean, _ in scaled]),
            scale=_upright([scale for _, scale in scaled]),
            fill=_upright([each.fill for _, each in steps]),
        )

    def write(
        self, matrix: Matrix, columns: Mapping[str, Column], *, keep_missing: bool = False
    ) -> None:
        """Write the columns into a matrix of shape (rows, all columns)."""
        if not self.features:
            return
        found = np.array([columns[name] for name in self.features], dtype=np.float64)
        missing = np.isnan(found)
        gaps = missing & ~self.indicated[:, None] if keep_missing else missing
        known = np.where(gaps, self.fill, found)
        matrix[:, self.places] = ((known - self.mean) / self.scale).T
        if len(self.indicators):
            matrix[:, self.indicators] = missing[self.indicated].T


def _upright(values: list[float]) -> Numbers:
    return np.array(values, dtype=np.float64)[:, None]
