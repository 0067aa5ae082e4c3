"""Partitions of a feature's cells: which of them are told together, and what two tables share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

# Cells that are told together, by position; every position is in exactly one of them.
Partition = tuple[tuple[int, ...], ...]
Integers = npt.NDArray[np.int64]


def canonical(groups: Iterable[Iterable[int]]) -> Partition:
    """Return a partition with its members, and its groups by their first member, in order."""
    return tuple(sorted(tuple(sorted(group)) for group in groups))


def singletons(size: int) -> Partition:
    """Return the finest partition."""
    return tuple((each,) for each in range(size))


def is_partition(groups: Partition, size: int) -> bool:
    """Return whether each of `size` positions is in exactly one group, none of which is empty."""
    members = [each for group in groups for each in group]
    return all(groups) and sorted(members) == list(range(size))


def place_of_each(groups: Partition, size: int) -> Integers:
    """Return the group of each position, shape (size,)."""
    places = np.empty(size, dtype=np.int64)
    for place, group in enumerate(groups):
        places[list(group)] = place
    return places


def join(first: Partition, second: Partition) -> Partition:
    """Return the finest partition that both can be coarsened to.

    Joining is associative and commutative, so any number of hospitals have one common partition.
    """
    parent: dict[int, int] = {each: each for group in first for each in group}

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    for group in (*first, *second):
        for each in group[1:]:
            parent[root(each)] = root(group[0])
    found: dict[int, list[int]] = {}
    for position in parent:
        found.setdefault(root(position), []).append(position)
    return canonical(found.values())


def expanded(coarse: Partition, fine: Partition) -> Partition:
    """Return a partition of a partition's groups as one of what these groups hold."""
    return canonical([each for place in group for each in fine[place]] for group in coarse)


def summed(counts: Integers, before: Partition, after: Partition, axis: int = 0) -> Integers:
    """Add up counts by the groups of a coarser partition.

    Parameters
    ----------
    counts : int64 array
        By the groups of `before` along `axis`.
    """
    places = place_of_each(after, sum(map(len, before)))[[group[0] for group in before]]
    rows = np.moveaxis(counts, axis, 0)
    total = np.zeros((len(after), *rows.shape[1:]), dtype=np.int64)
    np.add.at(total, places, rows)
    return np.moveaxis(total, 0, axis)


def counted(places: npt.NDArray[np.intp], groups: Partition, size: int) -> Integers:
    """Count rows by group, shape (groups,).

    Parameters
    ----------
    places : integer array of shape (rows,)
        Position of each row, below `size`.
    """
    return np.bincount(place_of_each(groups, size)[places], minlength=len(groups)).astype(np.int64)


def as_partition(groups: Sequence[Sequence[int]]) -> Partition:
    """Return lists as a partition."""
    return tuple(tuple(group) for group in groups)
