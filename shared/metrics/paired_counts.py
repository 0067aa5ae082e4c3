"""Two models on the same rows: counts that hospitals can add up and that say what chance could do.

Every hospital draws its rows with replacement by itself, so that sums over hospitals of one
replicate are a bootstrap sample of all rows together (Poisson bootstrap, Hanley and MacGibbon 2006;
paired, as both models see the same draws).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.errors import JuntosError

Counts = npt.NDArray[np.int64]

OVERALL = "overall"
# Classes compared one by one; beyond that, the rarest are.
MOST_CLASSES = 32
# Of a place in the counts: rows, right answers of the first, of the second, of both.
COLUMNS = 4
# No hospital holds more.
MOST_ROWS = 10**9


@dataclass(frozen=True)
class Difference:
    """How much more often the second model is right.

    Attributes
    ----------
    rows : int
    first, second : float
        Share of right answers.
    low, high : float
        Bounds of second - first, 95% interval.
    """

    rows: int
    first: float
    second: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """Return second - first."""
        return self.second - self.first

    @property
    def worse(self) -> bool:
        """Whether the second model is worse by more than chance explains."""
        return self.high < 0


def count_pairs(
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    members: npt.NDArray[np.bool_],
    replicates: int,
    seed: int,
) -> Counts:
    """Count right answers of two models.

    Parameters
    ----------
    first, second : arrays of shape (rows,)
        Whether each model is right.
    members : array of shape (rows, classes)
        Which rows are of which class that is counted by itself.

    Returns
    -------
    int64 array of shape (replicates + 1, classes + 1, 4)
        Rows, right answers of the first, of the second, of both; for all rows, then for each class;
        before the replicates the rows as they are.
    """
    drawn = np.random.default_rng(seed).poisson(1.0, (replicates, len(first)))
    weights = np.vstack([np.ones((1, len(first)), dtype=np.int64), drawn])
    slots = np.column_stack([np.ones(len(first), dtype=np.bool_), members]).astype(np.int64)
    counts = [
        weights @ (slots * right[:, None])
        for right in (np.ones(len(first), np.int64), first, second, first & second)
    ]
    return np.stack(counts, axis=2).astype(np.int64)


def check_pairs(counts: npt.NDArray[np.generic], replicates: int, classes: int) -> Counts:
    """Refuse counts from another party that cannot be such counts.

    Raises
    ------
    JuntosError
        Naming what does not fit.
    """
    if counts.shape != (replicates + 1, classes + 1, COLUMNS) or counts.dtype != np.int64:
        raise JuntosError("paired counts of another shape or type than was asked for")
    numbers = counts.astype(np.int64)
    if (numbers < 0).any() or (numbers > MOST_ROWS).any():
        raise JuntosError("paired counts that are negative or too large")
    if (numbers[:, :, 1:] > numbers[:, :, :1]).any():
        raise JuntosError("paired counts with more right answers than rows")
    rows, first, second, both = np.moveaxis(numbers, 2, 0)
    if (both > np.minimum(first, second)).any() or (both < first + second - rows).any():
        raise JuntosError("paired counts that no two models can have")
    return numbers


def add_pairs(parts: Iterable[Counts]) -> Counts:
    """Return the counts over several hospitals' rows."""
    total: Counts = np.sum(list(parts), axis=0)
    return total


def difference(counts: Counts, position: int) -> Difference | None:
    """Compare the models on all rows (position 0) or those of one class; None without a row.

    Parameters
    ----------
    counts : array of shape (replicates + 1, classes + 1, 4)
    """
    rows, first, second = (float(each) for each in counts[0, position, :3])
    if not rows:
        return None
    drawn = counts[1:, position].astype(np.float64)
    drawn = drawn[drawn[:, 0] > 0]
    gains = (drawn[:, 2] - drawn[:, 1]) / drawn[:, 0]
    low, high = np.percentile(gains, [2.5, 97.5])
    return Difference(int(rows), first / rows, second / rows, float(low), float(high))


def compared_classes(frequencies: npt.NDArray[np.float64]) -> list[int]:
    """Return the classes that are compared one by one: all, or if many the rarest that occur."""
    if len(frequencies) <= MOST_CLASSES:
        return list(range(len(frequencies)))
    occurring = np.flatnonzero(frequencies > 0)
    rarest = occurring[np.argsort(frequencies[occurring], kind="stable")][:MOST_CLASSES]
    return sorted(int(each) for each in rarest)
