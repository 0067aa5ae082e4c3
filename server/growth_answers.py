"""Hospitals' answers while trees grow: checked, and summed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from flwr.app import Message, MetricRecord

from server.strategies.replies import answered_arrays
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.histogram_boosting.boosting import GrowthAnswer
from shared.models.histogram_boosting.cut_search import (
    EDGE_COUNTS,
    EDGES,
    ROWS_IN_BINS,
    ROWS_MISSING,
)
from shared.models.histogram_boosting.growth_messages import FORGOTTEN, LOSS, SUMS, WEIGHT
from shared.questions import METRICS_KEY

Sums = npt.NDArray[np.int64]
# Sums of fixed-point numbers stay below this at every hospital.
LARGEST_SUM = 2**53


def check_counts(grid: Arrays, counted: Arrays) -> None:
    """Refuse what are no counts on a grid.

    Raises
    ------
    JuntosError
        Naming what does not fit.
    """
    columns = len(grid[EDGE_COUNTS])
    shapes = {ROWS_IN_BINS: (len(grid[EDGES]) + columns,), ROWS_MISSING: (columns,)}
    if {name: array.shape for name, array in counted.items()} != shapes:
        raise JuntosError("counts on another grid than the one asked about")
    for array in counted.values():
        if array.dtype != np.int64 or (array < 0).any() or (array > LARGEST_SUM).any():
            raise JuntosError("counts that are no counts")


def check_sums(reply: Message, shape: tuple[int, ...]) -> None:
    """Refuse what are no sums over the nodes and bins asked about.

    Raises
    ------
    JuntosError
        Naming what does not fit.
    """
    if has_forgotten(reply):
        return
    arrays = answered_arrays(reply)
    sums = arrays.get(SUMS)
    if set(arrays) != {SUMS} or sums is None or sums.shape != shape or sums.dtype != np.int64:
        raise JuntosError("sums over other nodes or bins than those asked about")
    if (np.abs(sums) > LARGEST_SUM).any() or (sums[..., 1] < 0).any():
        raise JuntosError("sums that no rows can have")
    metrics = reply.content.metric_records.get(METRICS_KEY, MetricRecord())
    if not all(isinstance(metrics.get(name), int) for name in (LOSS, WEIGHT)):
        raise JuntosError("sums without a loss")


def has_forgotten(reply: Message) -> bool:
    """Return whether a hospital says that it must be told everything."""
    return list(reply.content.metric_records.get(METRICS_KEY, {})) == [FORGOTTEN]


def added(replies: list[Message]) -> GrowthAnswer:
    """Sum the hospitals' answers."""
    metrics = [reply.content.metric_records[METRICS_KEY] for reply in replies]
    return GrowthAnswer(
        sum_of(answered_arrays(reply)[SUMS] for reply in replies),
        sum(int(str(each[LOSS])) for each in metrics),
        sum(int(str(each[WEIGHT])) for each in metrics),
    )


def sum_of(arrays: Iterator[Sums]) -> Sums:
    """Add arrays of whole numbers."""
    total = next(arrays).copy()
    for each in arrays:
        total += each
    return total
