"""The coordinator's part in growing one iteration's trees: splits from sums, level by level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.models.base import Arrays
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.levels import NO_SPLIT, Level
from shared.models.histogram_boosting.splits import SplitFinder, Splits, Sums
from shared.models.tree_arrays import FEATURE, LEAF, LEFT, RIGHT, THRESHOLD, TREE_SIZES
from shared.models.xgboost_format import DEFAULT_LEFT

ABOVE_ALL = np.finfo(np.float32).max

Flags = npt.NDArray[np.bool_]


class TreeGrowth:
    """Trees of one iteration, one for each group, growing together.

    Parameters
    ----------
    allowed : bool array of shape (columns,)
        Columns that this iteration looks at.

    Attributes
    ----------
    levels : list of Level
        Decided so far.
    """

    def __init__(
        self,
        finder: SplitFinder,
        *,
        groups: int,
        maximum_depth: int,
        learning_rate: float,
        allowed: Flags,
    ) -> None:
        self._finder = finder
        self._maximum_depth = maximum_depth
        self._learning_rate = learning_rate
        self._allowed = allowed
        self._groups = np.arange(groups, dtype=np.int32)
        self._wanted: Flags = np.ones(groups, dtype=np.bool_)
        self._parents: Sums | None = None
        self.levels: list[Level] = []

    @property
    def done(self) -> bool:
        """Whether every leaf is decided."""
        return not len(self._groups)

    @property
    def wanted(self) -> Flags:
        """Which nodes of the level sums are needed of; their siblings follow by subtraction."""
        return self._wanted

    def decide(self, sums: Sums) -> list[Level]:
        """Decide the level from the sums of the wanted nodes; return what all must know.

        Parameters
        ----------
        sums : int64 array of shape (wanted nodes, bins of all columns, 2)
        """
        everything = self._completed(sums)
        splits = self._finder.best(everything, self._allowed)
        level = self._level(splits)
        decided = [level]
        self._groups = level.child_groups()
        self._parents = everything[level.split]
        self._wanted = _lighter_children(splits, level.split)
        if len(self.levels) + 1 == self._maximum_depth and len(self._groups):
            decided.append(self._leaves(_children(splits, level.split)))
            self._groups = self._groups[:0]
        self.levels += decided
        return decided

    def _completed(self, sums: Sums) -> Sums:
        """Return the sums of all nodes of the level."""
        if self._parents is None:
            return sums
        found = np.empty((len(self._groups), *sums.shape[1:]), dtype=np.int64)
        found[self._wanted] = sums
        found[~self._wanted] = self._parents - sums
        return found

    def _level(self, splits: Splits) -> Level:
        split = np.isfinite(splits.gain)
        values = self._finder.weights(splits.totals) * self._learning_rate
        return Level(
            groups=self._groups,
            columns=np.where(split, splits.columns, NO_SPLIT).astype(np.int32),
            cuts=np.where(split, splits.cuts, 0).astype(np.int32),
            default_left=split & splits.default_left,
            leaf_values=np.where(split, 0, values).astype(np.float32),
        )

    def _leaves(self, totals: Sums) -> Level:
        nodes = len(totals)
        values = self._finder.weights(totals) * self._learning_rate
        return Level(
            groups=self._groups,
            columns=np.full(nodes, NO_SPLIT, np.int32),
            cuts=np.zeros(nodes, np.int32),
            default_left=np.zeros(nodes, np.bool_),
            leaf_values=values.astype(np.float32),
        )


def _children(splits: Splits, split: Flags) -> Sums:
    """Return gradient and hessian of the children of the nodes that are split."""
    left = splits.left[split]
    return np.stack([left, splits.totals[split] - left], axis=1).reshape(-1, 2)


def _lighter_children(splits: Splits, split: Flags) -> Flags:
    """Return which of the children have less hessian than their sibling; one of each two."""
    hessians = _children(splits, split)[:, 1].reshape(-1, 2)
    left = hessians[:, 0] <= hessians[:, 1]
    return np.stack([left, ~left], axis=1).reshape(-1)


def trees_of(levels: list[Level], groups: int, cuts: CutPoints) -> Arrays:
    """Write an iteration's trees as plain arrays, in the order of the groups."""
    trees = [_tree(levels, group, cuts) for group in range(groups)]
    return {name: np.concatenate([tree[name] for tree in trees]) for name in trees[0]}


def _tree(levels: list[Level], group: int, cuts: CutPoints) -> Arrays:
    parts = [_part(level, level.groups == group) for level in levels]
    columns, cut, default_left, leaf = (np.concatenate(each) for each in zip(*parts, strict=True))
    split = columns != NO_SPLIT
    # Children of split nodes follow in order, two and two, after the root.
    left = np.where(split, 2 * np.cumsum(split) - 1, LEAF).astype(np.int32)
    thresholds = _thresholds(cuts, columns, cut)
    return {
        TREE_SIZES: np.array([len(columns)], dtype=np.int32),
        LEFT: left,
        RIGHT: np.where(split, left + 1, LEAF).astype(np.int32),
        FEATURE: np.where(split, columns, 0).astype(np.int32),
        THRESHOLD: np.where(split, thresholds, leaf).astype(np.float64),
        DEFAULT_LEFT: (split & default_left).astype(np.uint8),
    }


def _thresholds(
    cuts: CutPoints, columns: npt.NDArray[np.int32], cut: npt.NDArray[np.int32]
) -> npt.NDArray[np.float32]:
    """Return what values are compared with; above all values where only missing ones part."""
    first_cuts = np.cumsum(cuts.counts) - cuts.counts
    values = np.append(cuts.values, ABOVE_ALL)
    place = np.where(cut < cuts.counts[columns], first_cuts[columns] + cut, len(cuts.values))
    found: npt.NDArray[np.float32] = values[place].astype(np.float32)
    return found


def _part(level: Level, own: Flags) -> tuple[npt.NDArray[np.generic], ...]:
    return (level.columns[own], level.cuts[own], level.default_left[own], level.leaf_values[own])
