"""Splits of one set of records over invented hospitals, for experiments on how hospitals differ.

Each split returns one array of row positions per hospital; together they hold every row exactly
once, and the same seed gives the same split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from shared.errors import SettingsError
from shared.records import Records

Rows = npt.NDArray[np.intp]
PartitionName = Literal["iid", "dirichlet", "by_size"]


def iid(records: Records, hospitals: int, seed: int) -> list[Rows]:
    """Deal the rows out at random, as evenly as can be."""
    return by_size(records, [1.0] * hospitals, seed)


def by_size(records: Records, shares: Sequence[float], seed: int) -> list[Rows]:
    """Deal the rows out at random in the given proportions.

    Parameters
    ----------
    shares : sequence of float
        Relative sizes, all positive; they need not add up to 1.

    Raises
    ------
    SettingsError
        When fewer than one hospital is asked for or a share is not positive.
    """
    weights = np.asarray(shares, dtype=np.float64)
    if not len(weights) or not np.all(weights > 0) or not np.all(np.isfinite(weights)):
        raise SettingsError("The shares of a partition must be positive numbers.")
    shuffled = np.random.default_rng(seed).permutation(len(records))
    return split_by_shares(shuffled, weights / weights.sum())


def dirichlet(records: Records, hospitals: int, alpha: float, seed: int) -> list[Rows]:
    """Give each hospital a case mix of its own, and all the same size.

    Each hospital draws its class proportions from a Dirichlet distribution around the proportions
    of all records, and its patients by them; a class that is used up is left out from then on
    (Hsu, Qi and Brown 2019, arXiv:1909.06335). So the last hospitals get what is left.

    Parameters
    ----------
    alpha : float
        Concentration: 0.1 gives most hospitals one class or two, 100 is close to `iid`.

    Raises
    ------
    SettingsError
        When fewer than one hospital is asked for or `alpha` is not positive.
    """
    if hospitals < 1 or not 0 < alpha < np.inf:
        raise SettingsError("A partition needs at least one hospital and a positive alpha.")
    generator = np.random.default_rng(seed)
    labels, classes = np.unique(records.labels.astype(str), return_inverse=True)
    queues = [generator.permutation(np.flatnonzero(classes == each)) for each in range(len(labels))]
    prior = np.array([len(queue) for queue in queues]) / max(len(records), 1)
    used = np.zeros(len(labels), dtype=np.intp)
    parts: list[Rows] = []
    for size in _even_sizes(len(records), hospitals):
        left = np.array([len(queue) for queue in queues], dtype=np.intp) - used
        taken = _draw_classes(size, left, alpha * prior, generator)
        chosen = [
            queue[start : start + count]
            for queue, start, count in zip(queues, used, taken, strict=True)
        ]
        parts.append(np.sort(np.concatenate([_NO_ROWS, *chosen])))
        used = used + taken
    return parts


def _even_sizes(rows: int, hospitals: int) -> list[int]:
    return [len(part) for part in np.array_split(np.arange(rows), hospitals)]


def _draw_classes(
    size: int, left: Rows, concentration: npt.NDArray[np.float64], generator: np.random.Generator
) -> Rows:
    """Return how many of each class a hospital of `size` rows takes of those that are left."""
    taken = np.zeros_like(left)
    if size == 0:
        return taken
    mix = generator.dirichlet(concentration)
    while taken.sum() < size:
        free = left - taken
        wanted = mix * (free > 0)
        # A mix of classes that are all used up says nothing about the others.
        weights = wanted if wanted.sum() > 0 else free.astype(np.float64)
        drawn = generator.multinomial(size - taken.sum(), weights / weights.sum())
        taken = taken + np.minimum(drawn, free)
    return taken


def partition(
    records: Records,
    name: PartitionName,
    *,
    hospitals: int,
    alpha: float,
    shares: Sequence[float],
    seed: int,
) -> list[Rows]:
    """Split by the name that a scenario gives.

    Raises
    ------
    SettingsError
        When `by_size` is not given one share per hospital.
    """
    if name == "iid":
        return iid(records, hospitals, seed)
    if name == "dirichlet":
        return dirichlet(records, hospitals, alpha, seed)
    if len(shares) != hospitals:
        raise SettingsError(
            f"There are {len(shares)} shares for {hospitals} hospitals.", "Give one share each."
        )
    return by_size(records, shares, seed)


def split_by_shares(rows: Rows, shares: npt.NDArray[np.float64]) -> list[Rows]:
    """Cut `rows` where the cumulative shares fall; each part is sorted."""
    # The last cut is the end itself: rounding must never lose a row.
    cuts = np.rint(np.cumsum(shares)[:-1] * len(rows)).astype(np.intp)
    return [np.sort(part) for part in np.split(rows, cuts)]


_NO_ROWS: Rows = np.array([], dtype=np.intp)
