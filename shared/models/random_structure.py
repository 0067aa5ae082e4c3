"""A forest whose splits no data chose (extremely randomised to the end; Geurts et al. 2006)."""

from __future__ import annotations

import numpy as np

from shared.models.additive_trees.grid import ColumnGrids
from shared.models.base import Arrays, derive_seed
from shared.models.random_forest import CLASS_SHARES, TREE_WEIGHTS
from shared.models.tree_arrays import FEATURE, LEAF, LEFT, RIGHT, THRESHOLD, TREE_SIZES


def random_forest_structure(
    grids: ColumnGrids, classes: int, trees: int, depth: int, seed: int
) -> Arrays:
    """Return complete trees of random splits; every leaf says that classes are as probable.

    Parameters
    ----------
    depth : int
        Levels of splits.
    """
    generator = np.random.default_rng(derive_seed(seed, trees, depth))
    size, inner = 2 ** (depth + 1) - 1, 2**depth - 1
    columns = generator.integers(0, len(grids.edges), (trees, size))
    cuts = generator.integers(0, grids.edges.shape[1], (trees, size))
    is_inner = np.arange(size) < inner
    children = 2 * np.arange(size) + 1
    left = np.where(is_inner, children, LEAF).astype(np.int32)
    right = np.where(is_inner, children + 1, LEAF).astype(np.int32)
    thresholds = np.where(is_inner, grids.edges[columns, cuts], 0.0)
    shares = np.zeros((trees, size, classes), dtype=np.float32)
    shares[:, ~is_inner] = 1 / classes
    return {
        TREE_SIZES: np.full(trees, size, dtype=np.int32),
        LEFT: np.tile(left, trees),
        RIGHT: np.tile(right, trees),
        FEATURE: np.where(is_inner, columns, 0).astype(np.int32).ravel(),
        THRESHOLD: thresholds.astype(np.float64).ravel(),
        CLASS_SHARES: shares.reshape(-1, classes),
        TREE_WEIGHTS: np.full(trees, 1 / trees),
    }
