"""Which cells of a table are told together, so that none of few patients can be told.

Cells of 1 up to ``smallest - 1`` patients are merged with others until every cell that is told
holds nobody or at least `smallest` patients. Cells are only ever merged, never left out, so no
total gives one away: a cell of few patients is part of one sum and of nothing else. See
docs/exploration.md for what else is told of the same patients, and why that does not help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from shared.exploration.partition import Integers, Partition, canonical

# An edge that halves the range is worth more than one that only this hospital would draw: edges
# that hospitals share are what their common histogram has.
_ROUND_EDGE = 0.25
_ROUNDEST = 4
# The usual patient's bin should hold so many times the smallest cell, or its height is chance.
_BIN_CELLS = 4


def is_small(counts: Integers, smallest: int) -> npt.NDArray[np.bool_]:
    """Say which counts must not be told."""
    return (counts > 0) & (counts < smallest)


@dataclass(frozen=True, eq=False)
class _Element:
    members: tuple[int, ...]
    counts: Integers
    path: tuple[str, ...]

    @property
    def rows(self) -> int:
        return int(self.counts.sum())


def pooled(
    counts: Integers, smallest: int, paths: Sequence[tuple[str, ...]] | None = None
) -> Partition:
    """Merge codes of few patients, with those next to them in a hierarchy first.

    Codes that nobody has stay by themselves. Of a pool, no member is determined by its sum: it
    could hold `smallest` patients if all others held one each.

    Parameters
    ----------
    counts : int64 array of shape (codes, columns)
        A code is small where any of its columns is.
    paths : sequence of tuple of str, optional
        Where each code is in the hierarchy, from the top; all at the top without it.
    """
    above = paths or [()] * len(counts)
    elements = [
        _Element((code,), row, path)
        for code, (row, path) in enumerate(zip(counts, above, strict=True))
    ]
    for depth in range(max(map(len, above), default=0), -1, -1):
        for prefix in dict.fromkeys(each.path[:depth] for each in elements):
            inside = [each for each in elements if each.path[:depth] == prefix]
            pool = _pool_of(inside, smallest, must=depth == 0)
            if pool:
                merged = _merged(pool, prefix)
                elements = [each for each in elements if each not in pool] + [merged]
    return canonical(each.members for each in elements)


def _pool_of(inside: list[_Element], smallest: int, *, must: bool) -> list[_Element]:
    """Return the small elements with as many others as they need; none where that is no use."""
    by_rows = sorted(inside, key=lambda each: (each.rows, each.members))
    pool = [each for each in by_rows if is_small(each.counts, smallest).any()]
    if not pool:
        return []
    small = {each.members for each in pool}
    others = [each for each in by_rows if each.rows and each.members not in small]
    while not _hides(pool, smallest):
        if not others:
            return pool if must else []
        pool.append(others.pop(0))
    return pool


def _hides(pool: list[_Element], smallest: int) -> bool:
    total = np.sum([each.counts for each in pool], axis=0)
    members = sum(len(each.members) for each in pool)
    return not is_small(total, smallest).any() and int(total.sum()) >= smallest + members - 1


def _merged(pool: list[_Element], path: tuple[str, ...]) -> _Element:
    members = tuple(member for each in pool for member in each.members)
    return _Element(members, np.sum([each.counts for each in pool], axis=0), path)


def intervals(counts: Integers, smallest: int, starts: Sequence[int] | None = None) -> Partition:
    """Merge neighbouring bins into as many intervals as can be told.

    Where few patients are outermost, their interval reaches to the end of the range, however far
    out they are.

    Parameters
    ----------
    counts : int64 array of shape (bins, columns)
    starts : sequence of int, optional
        Where each bin begins on the finest grid; edges at multiples of powers of two are preferred.
    """
    size = len(counts)
    begins = list(starts or range(size))
    before = np.concatenate([np.zeros((1, counts.shape[1]), dtype=np.int64), counts.cumsum(axis=0)])
    occupied = np.flatnonzero(counts.sum(axis=1))
    if not len(occupied):
        return (tuple(range(size)),)
    first, last = int(occupied[0]), int(occupied[-1]) + 1
    score = np.full(size + 1, -np.inf)
    score[first] = 0.0
    cut = np.zeros(size + 1, dtype=np.int64)
    for end in range(first + 1, last + 1):
        told = ~is_small(before[end] - before[first:end], smallest).any(axis=1)
        reached = np.where(told, score[first:end], -np.inf)
        cut[end] = first + int(reached.argmax())
        worth = _worth(begins[end]) if end < last else 1.0
        score[end] = reached.max() + worth
    inner = _cuts(cut, first, last)
    # An end that enough patients share may be told, and that nobody is beyond.
    ends = [
        edge
        for edge, outermost in ((first, first), (last, last - 1))
        if not is_small(counts[outermost], smallest).any()
    ]
    bounds = sorted({0, *inner, *ends, size})
    return tuple(tuple(range(a, b)) for a, b in pairwise(bounds))


def _cuts(cut: Integers, first: int, last: int) -> list[int]:
    """Return where the best intervals between two places meet."""
    edges = [last]
    while edges[-1] > first:
        edges.append(int(cut[edges[-1]]))
    return edges[1:-1]


def _worth(start: int) -> float:
    zeros = (start & -start).bit_length() - 1
    return 1.0 + _ROUND_EDGE * min(zeros, _ROUNDEST)


def steady_bins(counts: Integers, smallest: int) -> Partition:
    """Merge bins by twos, fours or eights until the usual patient's bin has a height.

    Parameters
    ----------
    counts : int64 array of shape (bins,)
    """
    size = len(counts)
    for step in (1, 2, 4, 8):
        groups = tuple(tuple(range(i, min(i + step, size))) for i in range(0, size, step))
        sums = np.add.reduceat(counts, [group[0] for group in groups])
        if float((sums**2).sum()) >= _BIN_CELLS * smallest * float(sums.sum()):
            break
    return groups


def few_of(counts: Integers, groups: Partition, smallest: int) -> tuple[int, ...]:
    """Return the codes of which may be said that they are fewer than `smallest`, and not none.

    That is said only where, for all that is told, each could still be any number from 1 to one less
    than that.

    Parameters
    ----------
    counts : int64 array of shape (codes,)
    groups : tuple of tuple of int
        Codes that are told together.
    """
    found: list[int] = []
    for group in groups:
        few = [code for code in group if 0 < counts[code] < smallest]
        enough = sum(counts[code] >= smallest for code in group)
        total = int(sum(counts[code] for code in group))
        most = total - (len(few) - 1) - smallest * enough
        least = 1 if enough else total - (len(few) - 1) * (smallest - 1)
        if few and most >= smallest - 1 and least <= 1:
            found += few
    return tuple(sorted(found))
