"""Trees as the attributes of ONNX's tree ensembles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shared.models.base import Arrays
from shared.models.tree_arrays import FEATURE, LEAF, LEFT, RIGHT, THRESHOLD, TREE_SIZES, offsets

Attributes = dict[str, Any]


def node_attributes(
    arrays: Arrays,
    thresholds: npt.NDArray[np.float32],
    mode: str,
    missing_goes_left: npt.NDArray[np.bool_] | None = None,
) -> Attributes:
    """Describe all nodes.

    Parameters
    ----------
    thresholds : array of shape (nodes,)
    mode : {"BRANCH_LT", "BRANCH_LEQ"}
        When a row goes left.
    missing_goes_left : array of shape (nodes,), optional
        Where rows without the value go; right without it.
    """
    sizes, left = arrays[TREE_SIZES], arrays[LEFT]
    leaf = left == LEAF
    own = np.arange(len(left)) - np.repeat(offsets(arrays), sizes)
    goes_left = np.zeros(len(left), np.bool_) if missing_goes_left is None else missing_goes_left
    return {
        "nodes_treeids": np.repeat(np.arange(len(sizes)), sizes).tolist(),
        "nodes_nodeids": own.tolist(),
        "nodes_modes": np.where(leaf, "LEAF", mode).tolist(),
        "nodes_featureids": np.where(leaf, 0, arrays[FEATURE]).tolist(),
        "nodes_values": np.where(leaf, 0, thresholds).tolist(),
        "nodes_truenodeids": np.where(leaf, 0, left).tolist(),
        "nodes_falsenodeids": np.where(leaf, 0, arrays[RIGHT]).tolist(),
        "nodes_missing_value_tracks_true": (goes_left & ~leaf).astype(int).tolist(),
    }


def leaf_attributes(
    arrays: Arrays,
    nodes: npt.NDArray[np.intp],
    targets: npt.NDArray[np.intp],
    weights: npt.NDArray[np.float32],
) -> Attributes:
    """Describe what leaves add to the scores.

    Parameters
    ----------
    nodes, targets, weights : arrays of shape (entries,)
        Leaf by its position among all nodes, score it adds to, and how much.
    """
    sizes = arrays[TREE_SIZES]
    trees = np.repeat(np.arange(len(sizes)), sizes)[nodes]
    return {
        "target_treeids": trees.tolist(),
        "target_nodeids": (nodes - offsets(arrays)[trees]).tolist(),
        "target_ids": targets.tolist(),
        "target_weights": weights.astype(np.float32).tolist(),
    }


def rounded_down(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the largest 32-bit numbers that are not above.

    A 32-bit value is at most the one exactly when it is at most the other.
    """
    rounded = thresholds.astype(np.float32)
    above = rounded.astype(np.float64) > thresholds
    lower: npt.NDArray[np.float32] = np.where(
        above, np.nextafter(rounded, np.float32(-np.inf)), rounded
    )
    return lower


def leaves_of(arrays: Arrays) -> npt.NDArray[np.intp]:
    """Return the positions of all leaves."""
    return np.flatnonzero(arrays[LEFT] == LEAF)


def thresholds_of(arrays: Arrays) -> npt.NDArray[np.float64]:
    """Return the thresholds of all nodes."""
    found: npt.NDArray[np.float64] = arrays[THRESHOLD].astype(np.float64)
    return found
