"""Steps of boosting in which every column gets a stump at once, from one noised sum.

Each step draws one cut for every column, and moves what the model says on either side of it along
the sum of the gradients there: boosting on totally random splits (Geurts et al. 2006), as additive
as an explainable boosting machine (Lou et al. 2012, Nori et al. 2021). One patient adds one vector
to the sum, whose length is clipped, so that no patient moves it further than the clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.models.additive_trees.grid import ColumnGrids
from shared.models.histogram_boosting.objective import class_probabilities
from shared.models.training_data import TrainingData

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AdditiveModel:
    """What a model says in each bin of each column.

    Attributes
    ----------
    intercept : float64 array of shape (groups,)
    values : float64 array of shape (columns, bins, groups)
    """

    intercept: Floats
    values: Floats


@dataclass(frozen=True)
class StumpStep:
    """One step's cuts.

    Attributes
    ----------
    cuts : int array of shape (columns,)
        Bins up to this one lie left.
    centres : float64 array of shape (columns,)
        Share of patients that is expected right of each cut.
    """

    cuts: npt.NDArray[np.intp]
    centres: Floats

    def moved(self, model: AdditiveModel, step: Floats) -> AdditiveModel:
        """Return the model after a step along the sides.

        A row lies at 1 right of a cut and at 0 left of it, less the centre; all lie at 1 on the
        last side.

        Parameters
        ----------
        step : array of shape (columns + 1, groups)
        """
        bins = np.arange(model.values.shape[1])
        right = (bins[None, :] > self.cuts[:, None]) - self.centres[:, None]
        return AdditiveModel(
            model.intercept + step[-1], model.values + right[:, :, None] * step[:-1, None, :]
        )


class BinnedRows:
    """One hospital's rows, binned once for all steps.

    Most columns hold yes or no: one matrix of zeros and ones answers for all of them, whatever cuts
    a step draws.

    Parameters
    ----------
    centres : array of shape (columns,)
        As in every step.
    """

    def __init__(self, grids: ColumnGrids, data: TrainingData, centres: Floats) -> None:
        codes = grids.codes(data.features)
        self._data = data
        self._numbers = np.flatnonzero(grids.numbers)
        self._flags = np.flatnonzero(~grids.numbers)
        self._codes = codes[:, self._numbers]
        self._is_set = (codes[:, self._flags] > 0).astype(np.float64)
        self._last = grids.bins - 1
        self.centres = centres
        away = self._is_set - centres[self._flags]
        # The last side is that of all rows.
        self._squares = np.einsum("rc,rc->r", away, away) + 1

    def margins(self, model: AdditiveModel) -> Floats:
        """Return scores of the rows, shape (rows, groups)."""
        of_flags = model.values[self._flags]
        absent = of_flags[:, 0]
        found: Floats = self._is_set @ (of_flags[:, self._last] - absent) + absent.sum(axis=0)
        found += model.values[self._numbers, self._codes].sum(axis=1)
        found += model.intercept
        return found

    def clipped_sum(self, model: AdditiveModel, step: StumpStep, clip: float) -> Floats:
        """Sum every row's negative gradient on each side of the cuts, no row's above the clip.

        Returns
        -------
        array of shape (columns + 1, groups)
        """
        slopes = _slopes(self.margins(model), self._data)
        right = (self._codes > step.cuts[self._numbers]) - self.centres[self._numbers]
        squares = self._squares + np.einsum("rc,rc->r", right, right)
        lengths = np.sqrt(squares) * np.linalg.norm(slopes, axis=1)
        slopes *= np.minimum(1.0, clip / np.maximum(lengths, 1e-12))[:, None]
        total = np.empty((len(self.centres) + 1, slopes.shape[1]))
        total[-1] = slopes.sum(axis=0)
        moved = self.centres[self._flags, None] * total[-1]
        total[self._flags] = self._is_set.T @ slopes - moved
        total[self._numbers] = right.T @ slopes
        return total


def _slopes(margins: Floats, data: TrainingData) -> Floats:
    """Return each row's negative gradient of the weighted loss, shape (rows, groups)."""
    probabilities = class_probabilities(margins)
    masked = probabilities * data.candidates
    posterior = masked / np.maximum(masked.sum(axis=1, keepdims=True), 1e-12)
    slopes: Floats = (posterior - probabilities) * data.row_weights[:, None]
    return slopes[:, 1:] if margins.shape[1] == 1 else slopes
