"""Splits of one set of records over invented hospitals, for experiments on how hospitals differ.

Each split returns one array of row positions per hospital; together they hold every row exactly
once, and the same seed gives the same split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import SettingsError
from shared.records import Records

Rows = npt.NDArray[np.intp]


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


def unequal(records: Records, hospitals: int, alpha: float, seed: int) -> list[Rows]:
    """Deal the rows out at random to hospitals of sizes drawn from a Dirichlet distribution.

    Quantity skew as in Li et al. 2022 (arXiv:2102.02079); every hospital gets a row at least, where
    there are enough.

    Parameters
    ----------
    alpha : float
        Concentration: 0.5 gives a few large hospitals and many small ones, 100 nearly equal ones.

    Raises
    ------
    SettingsError
        When fewer than one hospital is asked for or `alpha` is not positive.
    """
    _refuse_none(hospitals, alpha)
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet(np.full(hospitals, alpha))
    # The smallest share that is a row: a hospital of a federation has patients.
    least = min(1.0, 1.0 / max(len(records), 1))
    return by_size(records, list(np.maximum(shares, least)), seed)


def by_value(records: Records, column: str) -> dict[str, Rows]:
    """Give each value of a column a hospital of its own; rows without one are a hospital too.

    Parameters
    ----------
    column : str
        A feature of the contract with codes, or a yes-no one.

    Raises
    ------
    SettingsError
        When there is no such column, or it holds lists or texts.
    """
    values = _column(records, column)
    names = np.array(
        [_name_of(each, column) for each in values],
        dtype=object,
    )
    return {str(name): np.flatnonzero(names == name) for name in sorted(set(names))}


def by_order(records: Records, column: str, hospitals: int, mixing: float, seed: int) -> list[Rows]:
    """Give hospitals patients who differ in a numeric column: feature shift, labels following.

    Rows are ordered by the column's ranks and cut into parts of the same size.

    Parameters
    ----------
    mixing : float
        Normal noise added to the ranks, in shares of all rows: 0 separates hospitals completely, 1
        is close to `iid`.

    Raises
    ------
    SettingsError
        When there is no such column of numbers.
    """
    import pandas as pd

    numbers = pd.to_numeric(pd.Series(_column(records, column)), errors="coerce")
    if not numbers.notna().any():
        raise SettingsError(f"A partition by order needs numbers, and {column!r} holds none.")
    generator = np.random.default_rng(seed)
    # Rows without a number lie anywhere.
    ranks = numbers.rank(pct=True).to_numpy(dtype=np.float64)
    ranks = np.where(np.isnan(ranks), generator.random(len(ranks)), ranks)
    order = np.argsort(ranks + mixing * generator.standard_normal(len(ranks)), kind="stable")
    return split_by_shares(order, np.full(hospitals, 1.0 / hospitals))


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
    _refuse_none(hospitals, alpha)
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


def split_by_shares(rows: Rows, shares: npt.NDArray[np.float64]) -> list[Rows]:
    """Cut `rows` where the cumulative shares fall; each part is sorted."""
    # The last cut is the end itself: rounding must never lose a row.
    cuts = np.rint(np.cumsum(shares)[:-1] * len(rows)).astype(np.intp)
    return [np.sort(part) for part in np.split(rows, cuts)]


def _refuse_none(hospitals: int, alpha: float) -> None:
    if hospitals < 1 or not 0 < alpha < np.inf:
        raise SettingsError("A partition needs at least one hospital and a positive alpha.")


def _column(records: Records, column: str) -> npt.NDArray[Any]:
    if column not in records.table.columns:
        known = ", ".join(records.table.columns)
        raise SettingsError(
            f"A partition names {column!r}, which is no feature.", f"Give one of {known}."
        )
    return np.asarray(records.table[column])


def _name_of(value: object, column: str) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "unknown"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{column}_{value:g}"
    raise SettingsError(f"{column!r} holds lists; a partition by value needs single values.")


_NO_ROWS: Rows = np.array([], dtype=np.intp)
