"""What it takes to reach each leaf of many trees, as one table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.models.base import Arrays
from shared.models.training_data import Matrix
from shared.models.tree_arrays import (
    DEFAULT_LEFT,
    FEATURE,
    LEAF,
    LEFT,
    RIGHT,
    THRESHOLD,
    TREE_SIZES,
    offsets,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
UNUSED = -1
# Every leaf counts as if one row more had reached it, so that no way is impossible.
PRIOR = 1.0


@dataclass(frozen=True)
class TreePaths:
    """A row for each leaf, and in it a slot for each column that its path asks for.

    Attributes
    ----------
    leaves : int array of shape (leaves,)
        Positions among all nodes.
    trees : int array of shape (leaves,)
    columns : int array of shape (leaves, slots)
        -1 where a slot is not used.
    low, high : float32 arrays of shape (leaves, slots)
        Between which values a row goes on to the leaf.
    missing : bool array of shape (leaves, slots)
        Whether a row without the value goes on to it.
    shares : array of shape (leaves, slots)
        Of the background, how much goes on to it, where the column is not looked at.
    """

    leaves: Integers
    trees: Integers
    columns: Integers
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    missing: Mask
    shares: Floats

    def take(self, rows: Mask) -> TreePaths:
        """Return the table of some leaves."""
        return TreePaths(**{name: array[rows] for name, array in vars(self).items()})


def goes_left(arrays: Arrays, nodes: Integers, values: Matrix) -> Mask:
    """Say which values go left at which nodes, as the kind of tree compares.

    Trees that know where missing values go are XGBoost's: left below the threshold. The others are
    scikit-learn's: left up to it.
    """
    thresholds = arrays[THRESHOLD][nodes]
    if DEFAULT_LEFT not in arrays:
        return np.asarray(values <= thresholds, dtype=np.bool_)
    below = values < thresholds.astype(np.float32)
    return np.where(np.isnan(values), arrays[DEFAULT_LEFT][nodes] == 1, below)


def covers(arrays: Arrays, rows: Matrix) -> Floats:
    """Return how many rows of the background reach each node, shape (nodes,), never none.

    Trees leave the hospitals without such counts, which would tell of patients.
    """
    roots = offsets(arrays)
    counts = np.where(arrays[LEFT] == LEAF, PRIOR, 0.0)
    at = np.broadcast_to(roots, (len(rows), len(roots))).copy()
    number = np.arange(len(rows))[:, None]
    while True:
        inner = arrays[LEFT][at] != LEAF
        if not inner.any():
            break
        left = goes_left(arrays, at, rows[number, arrays[FEATURE][at]])
        child = np.where(left, arrays[LEFT][at], arrays[RIGHT][at])
        at = np.where(inner, roots + child, at)
    counts += np.bincount(at.ravel(), minlength=len(counts))
    return _summed_up(arrays, counts)


def _summed_up(arrays: Arrays, counts: Floats) -> Floats:
    """Add the leaves' counts to all nodes above them; children stand after their parents."""
    start = np.repeat(offsets(arrays), arrays[TREE_SIZES])
    inner = np.flatnonzero(arrays[LEFT] != LEAF)
    left, right = (start[inner] + arrays[name][inner] for name in (LEFT, RIGHT))
    for node, first, second in zip(
        inner[::-1].tolist(), left[::-1].tolist(), right[::-1].tolist(), strict=True
    ):
        counts[node] = counts[first] + counts[second]
    return counts


def paths_of(arrays: Arrays, cover: Floats) -> TreePaths:
    """Follow all trees from their roots to every leaf, a level at a time.

    Parameters
    ----------
    cover : array of shape (nodes,)
        Of the background; above zero.
    """
    roots = offsets(arrays)
    trees = np.arange(len(roots), dtype=np.int64)
    front = TreePaths(
        leaves=roots.copy(),
        trees=trees,
        columns=np.empty((len(roots), 0), dtype=np.int64),
        low=np.empty((len(roots), 0), dtype=np.float32),
        high=np.empty((len(roots), 0), dtype=np.float32),
        missing=np.empty((len(roots), 0), dtype=np.bool_),
        shares=np.empty((len(roots), 0)),
    )
    found: list[TreePaths] = []
    while len(front.leaves):
        at_leaf = arrays[LEFT][front.leaves] == LEAF
        found.append(front.take(at_leaf))
        front = front.take(~at_leaf)
        parts = [_one_side(arrays, cover, roots, front, side) for side in (LEFT, RIGHT)]
        front = _joined(parts)
    widest = max((part.columns.shape[1] for part in found), default=0)
    return _joined([_widened(part, widest) for part in found])


def _one_side(
    arrays: Arrays, cover: Floats, roots: Integers, front: TreePaths, side: str
) -> TreePaths:
    """Go one level down on one side, from nodes that are no leaves."""
    wide = _widened(front, front.columns.shape[1] + 1)
    nodes, number = wide.leaves, np.arange(len(wide.leaves))
    children = roots[wide.trees] + arrays[side][nodes]
    wanted = arrays[FEATURE][nodes].astype(np.int64)
    same = wide.columns == wanted[:, None]
    free = (wide.columns == UNUSED).argmax(axis=1)
    slot = np.where(same.any(axis=1), same.argmax(axis=1), free)
    at = (number, slot)
    wide.columns[at] = wanted
    wide.shares[at] *= cover[children] / cover[nodes]
    thresholds = arrays[THRESHOLD][nodes].astype(np.float32)
    if DEFAULT_LEFT in arrays:
        wide.missing[at] &= (arrays[DEFAULT_LEFT][nodes] == 1) == (side == LEFT)
    else:
        wide.missing[at] = False
        thresholds = _rounded_down(arrays[THRESHOLD][nodes])
    if side == LEFT:
        wide.high[at] = np.minimum(wide.high[at], thresholds)
    else:
        wide.low[at] = np.maximum(wide.low[at], thresholds)
    return TreePaths(**{**vars(wide), "leaves": children})


def _rounded_down(thresholds: Floats) -> npt.NDArray[np.float32]:
    """Return thresholds of 32 bits; the same values of 32 bits are at most these."""
    rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    lower: npt.NDArray[np.float32] = np.where(rounded > thresholds, below, rounded)
    return lower


def _widened(paths: TreePaths, slots: int) -> TreePaths:
    """Return a copy with more slots."""
    more = slots - paths.columns.shape[1]
    blanks = {"columns": UNUSED, "low": -np.inf, "high": np.inf, "missing": True, "shares": 1.0}
    widened = {
        name: np.pad(getattr(paths, name), ((0, 0), (0, more)), constant_values=blank)
        for name, blank in blanks.items()
    }
    return TreePaths(leaves=paths.leaves, trees=paths.trees, **widened)


def _joined(parts: list[TreePaths]) -> TreePaths:
    names = vars(parts[0])
    return TreePaths(
        **{name: np.concatenate([vars(each)[name] for each in parts]) for name in names}
    )
