"""One hospital's part in growing trees: what its rows say of each node."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.fixed_point import to_fixed
from shared.models.histogram_boosting.levels import Level
from shared.models.histogram_boosting.objective import derivatives, intercept, losses
from shared.models.histogram_boosting.quantised_rows import QuantisedRows
from shared.models.row_draws import draw, row_keys
from shared.models.settings import BoostedTreesSettings
from shared.models.training_data import TrainingData

Margins = npt.NDArray[np.float32]


class LocalGrowth:
    """Rows of one hospital while trees grow over them.

    Parameters
    ----------
    groups : int
        Trees of each iteration.
    bits : int
        Binary places of the derivatives.
    row_share : float
        Rows that each iteration learns from. Which ones depends on what they hold, not on where
        they are.
    """

    def __init__(
        self,
        cuts: CutPoints,
        data: TrainingData,
        *,
        groups: int,
        bits: int,
        seed: int,
        row_share: float = 1.0,
    ) -> None:
        self._data = data
        self._weights = data.row_weights
        self._rows = QuantisedRows(cuts, data.features)
        self._cuts = cuts
        self._groups = groups
        self._bits = bits
        self._seed = seed
        self._row_share = row_share
        sampled = row_share < 1
        self._keys = row_keys(self._rows.codes, data.candidates) if sampled else None
        self._validation = data.validation_mask
        self.margins: Margins = np.tile(
            intercept(data.class_frequencies, data.class_weights), (len(data), 1)
        )
        self._begun: Margins = self.margins
        self._nodes = np.zeros((groups, len(data)), dtype=np.int64)
        self._level_groups = np.arange(groups, dtype=np.int32)
        self._gradients = self._hessians = np.zeros((groups, len(data)))

    @classmethod
    def of(
        cls,
        cuts: CutPoints,
        data: TrainingData,
        settings: BoostedTreesSettings,
        *,
        groups: int,
        bits: int,
        seed: int,
    ) -> LocalGrowth:
        """Return the growth that a run's settings ask for."""
        return cls(
            cuts,
            data,
            groups=groups,
            bits=bits,
            seed=seed,
            row_share=settings.row_share,
        )

    def begin(self, iteration: int, margins: Margins | None = None) -> None:
        """Begin an iteration's trees, on what earlier iterations left or on the margins given."""
        self.margins = self.margins if margins is None else margins
        self._begun = self.margins.copy()
        learning = ~self._validation & self._drawn(iteration, self._row_share)
        gradients, hessians = derivatives(self.margins, self._data.candidates, self._weights)
        self._gradients = to_fixed(gradients * learning[:, None], self._bits).T.copy()
        self._hessians = to_fixed(hessians * learning[:, None], self._bits).T.copy()
        self._level_groups = np.arange(self._groups, dtype=np.int32)
        roots = np.arange(self._groups)[:, None]
        self._nodes = np.broadcast_to(roots, (self._groups, len(self._data))).copy()

    def _drawn(self, iteration: int, share: float) -> npt.NDArray[np.bool_]:
        """Draw a share of the rows, for an iteration; all where nothing is ever drawn."""
        if self._keys is None:
            return np.ones(len(self._data), dtype=np.bool_)
        return draw(self._keys, self._seed, iteration) < share

    def restart(self, iteration: int) -> None:
        """Begin the same iteration again."""
        self.begin(iteration, self._begun.copy())

    def loss(self) -> tuple[int, int]:
        """Return the summed loss and weight of the validation rows, in fixed point."""
        if not self._validation.any():
            return 0, 0
        weights = self._weights * self._validation
        summed = losses(self.margins, self._data.candidates) * weights
        # A loss may be nearly 32 times its row's weight.
        return int(to_fixed(summed, self._bits - 5).sum()), int(to_fixed(weights, self._bits).sum())

    def sums(self, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Sum derivatives over the rows of some nodes of the level.

        Parameters
        ----------
        wanted : bool array of shape (nodes,)

        Returns
        -------
        int64 array of shape (wanted nodes, bins of all columns, 2)
        """
        parts = [self._sums_of(group, wanted) for group in range(self._groups)]
        return np.concatenate(parts)

    def _sums_of(self, group: int, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        own = wanted & (self._level_groups == group)
        number = int(own.sum())
        # Rows in a leaf are at -1, which is the extra slot.
        slots = np.append(np.where(own, np.cumsum(own) - 1, number), number)
        values = (self._gradients[group], self._hessians[group])
        return self._rows.sums(slots[self._nodes[group]], number, values)

    def advance(self, level: Level) -> None:
        """Move every row to its child, or add what its leaf says."""
        children = level.first_children()
        split = level.split
        for group in range(self._groups):
            nodes = self._nodes[group]
            rows = np.flatnonzero(nodes >= 0)
            at = nodes[rows]
            leaf = ~split[at]
            self.margins[rows[leaf], group] += level.leaf_values[at[leaf]]
            nodes[rows[leaf]] = -1
            rows, at = rows[~leaf], at[~leaf]
            nodes[rows] = children[at] + ~self._goes_left(level, rows, at)
        self._level_groups = level.child_groups()

    def _goes_left(
        self, level: Level, rows: npt.NDArray[np.intp], at: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        columns = level.columns[at]
        codes = self._rows.codes[rows, columns]
        absent = self._cuts.missing[columns] & (codes == self._cuts.counts[columns] + 1)
        found: npt.NDArray[np.bool_] = np.where(
            absent, level.default_left[at], codes <= level.cuts[at]
        )
        return found
