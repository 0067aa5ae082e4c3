"""Two models on the same rows, without cells of few rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.metrics.paired_counts import Counts


def told_pairs(
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    members: npt.NDArray[np.bool_],
    replicates: int,
    seed: int,
    smallest: int,
) -> Counts:
    """Count right answers of two models as `shared.metrics.paired_counts.count_pairs` does.

    Rows are counted by whether both are right, one or neither, these counts are rounded down to
    multiples of the smallest cell, and only they are drawn from: no draw says more than they do.
    Draws of a cell's rows, each by itself with a Poisson number, sum to a Poisson number.
    """
    slots = np.column_stack([np.ones(len(first), dtype=np.bool_), members])
    kinds = np.stack([first & second, first & ~second, ~first & second, ~first & ~second])
    exact = kinds.astype(np.int64) @ slots.astype(np.int64)
    told = exact // smallest * smallest
    drawn = np.random.default_rng(seed).poisson(told, (replicates, *told.shape))
    cells = np.concatenate([told[None], drawn])
    counts = [
        cells.sum(axis=1),
        cells[:, 0] + cells[:, 1],
        cells[:, 0] + cells[:, 2],
        cells[:, 0],
    ]
    return np.stack(counts, axis=2).astype(np.int64)
