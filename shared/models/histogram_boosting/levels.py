"""What is decided about one level of the trees that grow together, one tree for each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.errors import JuntosError
from shared.models.base import Arrays

COLUMN = "node_columns"
CUT = "node_cuts"
LEFT_BY_DEFAULT = "node_default_left"
LEAF_VALUE = "node_leaf_values"
GROUP = "node_groups"
NO_SPLIT = -1


@dataclass(frozen=True)
class Level:
    """The nodes of one level, of all trees, in order.

    The next level holds the two children of each node that is split, left before right, in the
    order of their parents.

    Attributes
    ----------
    groups : int32 array of shape (nodes,)
        The tree each node belongs to.
    columns : int32 array of shape (nodes,)
        Column that the node is split by; -1 for a leaf.
    cuts : int32 array of shape (nodes,)
        Bins up to this one go left.
    default_left : bool array of shape (nodes,)
        Where missing values go.
    leaf_values : float32 array of shape (nodes,)
        What a leaf adds to the margin.
    """

    groups: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    cuts: npt.NDArray[np.int32]
    default_left: npt.NDArray[np.bool_]
    leaf_values: npt.NDArray[np.float32]

    @property
    def split(self) -> npt.NDArray[np.bool_]:
        """Which nodes are split, shape (nodes,)."""
        found: npt.NDArray[np.bool_] = self.columns != NO_SPLIT
        return found

    def first_children(self) -> npt.NDArray[np.int64]:
        """Position of each node's left child in the next level, shape (nodes,)."""
        split = self.split.astype(np.int64)
        found: npt.NDArray[np.int64] = 2 * (np.cumsum(split) - split)
        return found

    def child_groups(self) -> npt.NDArray[np.int32]:
        """Return the groups of the next level's nodes."""
        return np.repeat(self.groups[self.split], 2)

    def to_arrays(self) -> Arrays:
        """Write for the wire."""
        return {
            GROUP: self.groups,
            COLUMN: self.columns,
            CUT: self.cuts,
            LEFT_BY_DEFAULT: self.default_left.astype(np.uint8),
            LEAF_VALUE: self.leaf_values,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Level:
        """Read from the wire.

        Raises
        ------
        JuntosError
            When something is missing or of another length.
        """
        try:
            level = cls(
                arrays[GROUP].astype(np.int32),
                arrays[COLUMN].astype(np.int32),
                arrays[CUT].astype(np.int32),
                arrays[LEFT_BY_DEFAULT].astype(np.bool_),
                arrays[LEAF_VALUE].astype(np.float32),
            )
        except (KeyError, ValueError):
            raise JuntosError("a level of a tree that is incomplete") from None
        if len({len(each) for each in arrays.values()}) != 1:
            raise JuntosError("a level of a tree whose arrays differ in length")
        return level
