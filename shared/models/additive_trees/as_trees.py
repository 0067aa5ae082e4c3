"""An additive model as trees that any XGBoost loads: one for each column and class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.models.additive_trees.grid import ColumnGrids
from shared.models.additive_trees.stumps import AdditiveModel
from shared.models.base import Arrays
from shared.models.tree_arrays import (
    FEATURE,
    LEAF,
    LEFT,
    RIGHT,
    THRESHOLD,
    TREE_SIZES,
    concatenate_trees,
)
from shared.models.xgboost_format import DEFAULT_LEFT

Floats = npt.NDArray[np.float64]


def trees_of(model: AdditiveModel, grids: ColumnGrids) -> Arrays:
    """Return trees in whole iterations: for each column one for each group.

    The intercept is part of the first column's leaves.
    """
    trees = []
    for column in range(len(grids.edges)):
        edges, bins = np.unique(grids.edges[column], return_index=True)
        # A repeated edge has empty bins before the last of it.
        filled = np.append(bins, grids.bins - 1)
        for group, start in enumerate(model.intercept):
            values = model.values[column, filled, group] + (start if column == 0 else 0.0)
            trees.append(_tree(column, edges, values))
    return concatenate_trees(trees)


def _tree(column: int, edges: npt.NDArray[np.float32], values: Floats) -> Arrays:
    """Return a balanced tree over the bins of one column."""
    left: list[int] = []
    right: list[int] = []
    thresholds: list[float] = []

    def grow(first: int, last: int) -> int:
        node = len(left)
        left.append(LEAF)
        right.append(LEAF)
        if first == last:
            thresholds.append(float(values[first]))
            return node
        middle = (first + last) // 2
        thresholds.append(float(edges[middle]))
        left[node] = grow(first, middle)
        right[node] = grow(middle + 1, last)
        return node

    grow(0, len(edges))
    children = np.array(left, dtype=np.int32)
    return {
        TREE_SIZES: np.array([len(left)], dtype=np.int32),
        LEFT: children,
        RIGHT: np.array(right, dtype=np.int32),
        FEATURE: np.where(children == LEAF, 0, column).astype(np.int32),
        THRESHOLD: np.array(thresholds, dtype=np.float64),
        DEFAULT_LEFT: np.zeros(len(left), dtype=np.uint8),
    }
