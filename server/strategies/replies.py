"""Reading what hospitals answer to a training question."""

from __future__ import annotations

from collections.abc import Iterable

from flwr.app import Message

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.questions import ARRAYS_KEY, METRICS_KEY, read_arrays

ROWS = "num-examples"


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


def answered_rows(reply: Message) -> float:
    """Return the rows an answer was trained on.

    Raises
    ------
    JuntosError
        When it says nothing sound about them.
    """
    metrics = reply.content.metric_records.get(METRICS_KEY)
    rows = metrics.get(ROWS) if metrics is not None else None
    if not isinstance(rows, int) or rows < 1:
        raise JuntosError("an answer that does not say how many rows it was trained on")
    return float(rows)
