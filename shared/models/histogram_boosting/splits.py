"""The best split of each node, from summed histograms (Chen and Guestrin 2016, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.models.histogram_boosting.cut_points import CutPoints

Floats = npt.NDArray[np.float64]
Sums = npt.NDArray[np.int64]

# XGBoost's own tolerance for a gain that is only rounding.
SMALLEST_GAIN = 1e-6


@dataclass(frozen=True)
class SplitRules:
    """When a split is worth it; XGBoost's lambda, alpha, gamma and min_child_weight."""

    l2_regularisation: float
    l1_regularisation: float
    minimum_gain: float
    minimum_child_weight: float

    def weight(self, gradient: Floats, hessian: Floats) -> Floats:
        """Return the best value of a leaf before the learning rate."""
        found: Floats = -self._shrunk(gradient) / (hessian + self.l2_regularisation)
        return np.where(hessian > 0, found, 0.0)

    def score(self, gradient: Floats, hessian: Floats) -> Floats:
        """Return twice what the best leaf takes off the loss."""
        below = hessian + self.l2_regularisation
        safe = np.where(below > 0, below, 1.0)
        found: Floats = np.where(below > 0, self._shrunk(gradient) ** 2 / safe, 0.0)
        return found

    def _shrunk(self, gradient: Floats) -> Floats:
        if not self.l1_regularisation:
            return gradient
        found: Floats = np.sign(gradient) * np.maximum(abs(gradient) - self.l1_regularisation, 0)
        return found


@dataclass(frozen=True)
class Splits:
    """The best split of each node; arrays of shape (nodes,).

    Attributes
    ----------
    gain : float64 array
        Minus infinity where no split is allowed.
    columns, cuts : int32 arrays
    default_left : bool array
    left : int64 array of shape (nodes, 2)
        Gradient and hessian that go left.
    totals : int64 array of shape (nodes, 2)
    """

    gain: Floats
    columns: npt.NDArray[np.int32]
    cuts: npt.NDArray[np.int32]
    default_left: npt.NDArray[np.bool_]
    left: Sums
    totals: Sums


class SplitFinder:
    """Finds splits on one set of cut points.

    Parameters
    ----------
    bits : int
        Binary places of the sums.
    """

    def __init__(self, cuts: CutPoints, rules: SplitRules, bits: int) -> None:
        self._cuts = cuts
        self._rules = rules
        self._bits = bits
        # One candidate for each cut point, in the order of columns and values; and where values are
        # missing one after them all, that parts the rows with a value from those without.
        candidates = cuts.counts + cuts.missing
        self._columns = np.repeat(np.arange(len(candidates)), candidates)
        within = np.arange(len(self._columns))
        self._within = within - np.repeat(np.cumsum(candidates) - candidates, candidates)
        self._bins = cuts.starts[self._columns] + self._within
        last = cuts.starts + cuts.bins - 1
        self._missing_bins = last[self._columns]
        self._has_missing = cuts.missing[self._columns]

    def best(self, sums: Sums, allowed: npt.NDArray[np.bool_]) -> Splits:
        """Return the best split of each node.

        Equal gains are decided by the first column, the lowest cut, and missing values to the
        right: the same everywhere.

        Parameters
        ----------
        sums : int64 array of shape (nodes, bins of all columns, 2)
            Gradient and hessian.
        allowed : bool array of shape (columns,)
        """
        nodes = len(sums)
        totals = sums[:, : int(self._cuts.bins[0])].sum(axis=1)
        if not len(self._columns):
            return _none(totals)
        left, missing = self._sides(sums)
        gains = np.stack([self._gains(left, totals), self._gains(left + missing, totals)], axis=2)
        # Without missing values both directions are the same split.
        gains[:, ~self._has_missing, 1] = -np.inf
        gains[:, ~allowed[self._columns]] = -np.inf
        flat = gains.reshape(nodes, -1)
        chosen = flat.argmax(axis=1)
        candidate, default_left = chosen // 2, chosen % 2 == 1
        own = np.arange(nodes)
        absent = np.where(default_left[:, None], missing[own, candidate], 0)
        return Splits(
            gain=flat[own, chosen],
            columns=self._columns[candidate].astype(np.int32),
            cuts=self._within[candidate].astype(np.int32),
            default_left=default_left,
            left=left[own, candidate] + absent,
            totals=totals,
        )

    def _sides(self, sums: Sums) -> tuple[Sums, Sums]:
        """Return what lies left of each candidate, and what is missing there."""
        running = np.cumsum(sums, axis=1)
        before = self._cuts.starts[self._columns] - 1
        start = np.where(before[:, None] >= 0, running[:, before], 0)
        left = running[:, self._bins] - start
        missing = np.where(self._has_missing[:, None], sums[:, self._missing_bins], 0)
        return left, missing

    def _gains(self, left: Sums, totals: Sums) -> Floats:
        right = totals[:, None] - left
        gradients, hessians = zip(*(self._floats(each) for each in (left, right)), strict=True)
        gain = sum(map(self._rules.score, gradients, hessians))
        gain = gain - self._rules.score(*self._floats(totals))[:, None]
        lightest = np.minimum(*hessians)
        enough = (lightest >= self._rules.minimum_child_weight) & (lightest > 0)
        worth = gain > max(self._rules.minimum_gain, SMALLEST_GAIN)
        found: Floats = np.where(enough & worth, gain, -np.inf)
        return found

    def _floats(self, sums: Sums) -> tuple[Floats, Floats]:
        values = np.ldexp(sums.astype(np.float64), -self._bits)
        return values[..., 0], values[..., 1]

    def weights(self, sums: Sums) -> Floats:
        """Return the best leaf value for each node, before the learning rate."""
        return self._rules.weight(*self._floats(sums))


def _none(totals: Sums) -> Splits:
    nodes = len(totals)
    return Splits(
        gain=np.full(nodes, -np.inf),
        columns=np.zeros(nodes, np.int32),
        cuts=np.zeros(nodes, np.int32),
        default_left=np.zeros(nodes, np.bool_),
        left=np.zeros((nodes, 2), np.int64),
        totals=totals,
    )
