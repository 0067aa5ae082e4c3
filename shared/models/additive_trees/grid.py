"""Where the columns of additive trees may be cut; no data chose it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from shared.models.base import derive_seed
from shared.models.training_data import Matrix
from shared.preprocessing import Preprocessor
from shared.preprocessing.steps import NumericStep

Floats = npt.NDArray[np.float64]

# Scaled numbers beyond this many deviations share a bin.
WIDEST = 2.5


@dataclass(frozen=True)
class ColumnGrids:
    """Bins of every column.

    Attributes
    ----------
    edges : float32 array of shape (columns, cuts)
        Ascending; a column of zeros and ones has its one cut repeated.
    numbers : bool array of shape (columns,)
        Columns that hold measured numbers; the others hold 0 or 1, or lie between.
    """

    edges: npt.NDArray[np.float32]
    numbers: npt.NDArray[np.bool_]

    @cached_property
    def bins(self) -> int:
        """Bins of a column."""
        return int(self.edges.shape[1]) + 1

    def codes(self, features: Matrix) -> npt.NDArray[np.intp]:
        """Return the bin of each value, shape (rows, columns)."""
        found = np.empty(features.shape, dtype=np.intp)
        for column in range(features.shape[1]):
            found[:, column] = np.searchsorted(self.edges[column], features[:, column], "right")
        return found

    def drawn(self, seed: int, step: int) -> npt.NDArray[np.intp]:
        """Draw the cut of each column for a step, the same everywhere, shape (columns,).

        Bins below and at the drawn position lie left of the cut.
        """
        generator = np.random.default_rng(derive_seed(seed, step))
        return generator.integers(0, self.edges.shape[1], len(self.edges))


def grids_of(preprocessor: Preprocessor, cuts: int) -> ColumnGrids:
    """Return evenly spaced cuts of scaled numbers, and one of every other column."""
    numbers = np.array(
        [
            isinstance(step, NumericStep) and index == 0
            for step in preprocessor.steps
            for index, _ in enumerate(step.names())
        ],
        dtype=np.bool_,
    )
    even = np.linspace(-WIDEST, WIDEST, cuts + 2, dtype=np.float32)[1:-1]
    edges = np.where(numbers[:, None], even, np.float32(0.5)).astype(np.float32)
    return ColumnGrids(edges, numbers)
