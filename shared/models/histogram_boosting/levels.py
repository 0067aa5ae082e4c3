"""What is decided about one level of the trees that grow together, one tree for each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.errors import JuntosError

NO_SPLIT = -1
PACKED_ROWS = 5

Packed = npt.NDArray[np.int32]


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

    def to_array(self) -> Packed:
        """Write for the wire, as one array: each array has costs of its own there."""
        return np.stack(
            [
                self.groups,
                self.columns,
                self.cuts,
                self.default_left.astype(np.int32),
                self.leaf_values.view(np.int32),
            ]
        )

    @classmethod
    def from_array(cls, packed: Packed) -> Level:
        """Read from the wire.

        Raises
        ------
        JuntosError
            When it has another shape or type.
        """
        if packed.ndim != 2 or len(packed) != PACKED_ROWS or packed.dtype != np.int32:
            raise JuntosError("a level of a tree that is malformed")
        groups, columns, cuts, default_left, leaf_values = packed
        return cls(
            groups,
            columns,
            cuts,
            default_left.astype(np.bool_),
            np.ascontiguousarray(leaf_values).view(np.float32),
        )
