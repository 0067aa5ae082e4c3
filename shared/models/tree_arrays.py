"""Decision trees as plain arrays: how trees travel, are checked and are merged.

Nodes of all trees stand one after the other; children are counted within their tree, and a leaf's
are -1. A child always stands after its parent, so that no tree can loop.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.errors import BundleError
from shared.models.base import Arrays

TREE_SIZES = "tree_sizes"
LEFT = "left_children"
RIGHT = "right_children"
FEATURE = "split_features"
THRESHOLD = "thresholds"
# Of trees that know where missing values go: 1 for left.
DEFAULT_LEFT = "default_left"
LEAF = -1

INTEGERS = (TREE_SIZES, LEFT, RIGHT, FEATURE)
MAXIMUM_NODES = 20_000_000


def no_trees() -> Arrays:
    """Return the arrays of a model without trees."""
    empty: Arrays = {name: np.zeros(0, dtype=np.int32) for name in INTEGERS}
    return {**empty, THRESHOLD: np.zeros(0, dtype=np.float64)}


def offsets(arrays: Arrays) -> npt.NDArray[np.int64]:
    """Return the position of each tree's root among all nodes, shape (trees,)."""
    sizes = arrays[TREE_SIZES].astype(np.int64)
    found: npt.NDArray[np.int64] = np.cumsum(sizes) - sizes
    return found


def check_trees(arrays: Arrays, names: set[str], columns: int) -> None:
    """Refuse arrays from another party that are not sound trees over `columns` features.

    Parameters
    ----------
    names : set of str
        Every array that there must be: those of this module and those of the kind of model.

    Raises
    ------
    BundleError
        Naming what does not fit.
    """
    if set(arrays) != names:
        raise BundleError("The trees have other arrays than their kind.")
    if any(arrays[name].dtype.kind != "i" or arrays[name].ndim != 1 for name in INTEGERS):
        raise BundleError("The trees' children and features are not lists of whole numbers.")
    sizes = arrays[TREE_SIZES]
    nodes = len(arrays[LEFT])
    lengths = {len(arrays[name]) for name in (LEFT, RIGHT, FEATURE, THRESHOLD)}
    if lengths != {nodes} or nodes > MAXIMUM_NODES:
        raise BundleError("The trees' arrays differ in length, or are too long.")
    if (sizes < 1).any() or int(sizes.astype(np.int64).sum()) != nodes:
        raise BundleError("The sizes of the trees do not add up to the nodes.")
    if arrays[THRESHOLD].dtype.kind != "f" or not np.isfinite(arrays[THRESHOLD]).all():
        raise BundleError("The trees hold something other than finite numbers.")
    _check_children(arrays, columns)


def _check_children(arrays: Arrays, columns: int) -> None:
    sizes, left, right = arrays[TREE_SIZES], arrays[LEFT], arrays[RIGHT]
    inner = left != LEAF
    if (inner != (right != LEAF)).any():
        raise BundleError("A node of a tree has one child only.")
    own = np.arange(len(left)) - np.repeat(offsets(arrays), sizes)
    size = np.repeat(sizes, sizes)
    for children in (left, right):
        if ((children <= own) | (children >= size))[inner].any():
            raise BundleError("A node of a tree points outside it, or back.")
    start = np.repeat(offsets(arrays), sizes)
    pointed = np.concatenate([(start + left)[inner], (start + right)[inner]])
    if len(np.unique(pointed)) != len(pointed) or len(pointed) != len(left) - len(sizes):
        raise BundleError("A node of a tree has no parent, or several.")
    features = arrays[FEATURE][inner]
    if ((features < 0) | (features >= columns)).any():
        raise BundleError("A tree asks for a column that there is not.")


def concatenate_trees(parts: Sequence[Arrays]) -> Arrays:
    """Put the trees of several models one after the other, with all their arrays."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def first_trees(arrays: Arrays, number: int) -> Arrays:
    """Return the first trees of arrays that have an entry for each node."""
    nodes = int(arrays[TREE_SIZES][:number].sum())
    return {
        name: array[: number if name == TREE_SIZES else nodes] for name, array in arrays.items()
    }
