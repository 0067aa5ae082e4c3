"""Reading what hospitals answer to a training question."""

from __future__ import annotations

import math
from collections.abc import Iterable

from flwr.app import Message

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.questions import ARRAYS_KEY, METRICS_KEY, read_arrays

ROWS = "num-examples"
LOSS = "loss"


def arrays_and_rows(replies: Iterable[Message]) -> list[tuple[Arrays, float]]:
    """Return each good answer's arrays and training rows."""
    good = [reply for reply in replies if not reply.has_error()]
    return [(answered_arrays(reply), answered_rows(reply)) for reply in good]


def answered_arrays(reply: Message) -> Arrays:
    """Return an answer's arrays.

    Raises
    ------
    JuntosError
        When it holds none.
    """
    return read_arrays(reply.content.get(ARRAYS_KEY))


def answered_rows(reply: Message) -> int:
    """Return the rows an answer was trained on, after checking all figures it holds.

    Raises
    ------
    JuntosError
        When a figure is missing, not sound or one too many.
    """
    metrics = reply.content.metric_records
    if list(metrics) != [METRICS_KEY] or set(metrics[METRICS_KEY]) != {ROWS, LOSS}:
        raise JuntosError("an answer with other figures than rows and loss")
    rows, loss = metrics[METRICS_KEY][ROWS], metrics[METRICS_KEY][LOSS]
    if not isinstance(rows, int) or rows < 1:
        raise JuntosError("an answer that does not say how many rows it was trained on")
    if not isinstance(loss, float) or not math.isfinite(loss):
        raise JuntosError("an answer whose loss is not a finite number")
    return rows
