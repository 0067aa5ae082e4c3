"""Reading what hospitals answer to a training question."""

from __future__ import annotations

import math
from collections.abc import Iterable

from flwr.app import Message

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.figures import OPTIONAL_FIGURES, STEPS
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
    if list(metrics) != [METRICS_KEY] or not {ROWS, LOSS} <= set(metrics[METRICS_KEY]):
        raise JuntosError("an answer with other figures than rows and loss")
    rows, loss = metrics[METRICS_KEY][ROWS], metrics[METRICS_KEY][LOSS]
    if not isinstance(rows, int) or rows < 1:
        raise JuntosError("an answer that does not say how many rows it was trained on")
    if not isinstance(loss, float) or not math.isfinite(loss):
        raise JuntosError("an answer whose loss is not a finite number")
    answered_figures(reply)
    return rows


def answered_figures(reply: Message) -> dict[str, float]:
    """Return what an answer says beside rows and loss.

    Raises
    ------
    JuntosError
        When a figure is not sound or one too many.
    """
    found = dict(reply.content.metric_records[METRICS_KEY])
    figures = {name: each for name, each in found.items() if name not in (ROWS, LOSS)}
    if not set(figures) <= OPTIONAL_FIGURES:
        raise JuntosError("an answer with figures that were not asked for")
    sound: dict[str, float] = {}
    for name, each in figures.items():
        if not isinstance(each, float) or not math.isfinite(each) or each < 0:
            raise JuntosError(f"an answer whose {name} is not a number of at least 0")
        sound[name] = each
    if sound.get(STEPS, 1.0) < 1:
        raise JuntosError("an answer trained in no step")
    return sound
