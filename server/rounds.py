"""An honest account of a round: who was asked, who answered, who was left out and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from flwr.app import Error, Message, MetricRecord
from flwr.common.constant import ErrorCode
from pydantic import Field

from shared.questions import METRICS_KEY
from shared.settings_file import StrictModel

NOT_CONNECTED = "not connected when the run began"


class RoundRecord(StrictModel):
    """One question put to hospitals, and what became of it.

    Attributes
    ----------
    question : str
        Its message type.
    model : str
        The kind of model it was about; empty for none.
    number : int
        Round of training, from 1; 0 for other questions.
    invited, answered : list of str
        Hospitals that were asked, and those whose answer counts; in alphabetical order.
    left_out : dict of str to str
        Hospitals whose answer is not part of the result, with the reason.
    without_stream : dict of str to str
        Hospitals that were asked by Flower's own messages, with the reason why.
    seconds : float
    bytes_sent, bytes_received : int
        To all hospitals and from them.
    loss : float or None
        Mean training loss over the answers, weighted by rows.
    """

    question: str
    model: str = ""
    number: int = 0
    invited: list[str]
    answered: list[str]
    left_out: dict[str, str]
    without_stream: dict[str, str] = Field(default_factory=dict)
    seconds: float
    bytes_sent: int = 0
    bytes_received: int = 0
    loss: float | None = None


class RoundObserver(Protocol):
    """Who wants to know of rounds: the database, the terminal, a test."""

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        """Take note that a question went out."""

    def answered(self, record: RoundRecord) -> None:
        """Take note of a finished round."""


def mean_loss(replies: Iterable[Message]) -> float | None:
    """Return the mean of the losses that answers report, weighted by rows."""
    total = rows = 0.0
    for reply in replies:
        metrics = reply.content.get(METRICS_KEY)
        if not isinstance(metrics, MetricRecord):
            continue
        loss, count = metrics.get("loss"), metrics.get("num-examples")
        if isinstance(loss, float) and isinstance(count, int):
            total, rows = total + loss * count, rows + count
    return total / rows if rows else None


def reason_of(error: Error) -> str:
    """Say in words why an answer is an error."""
    if error.code == ErrorCode.NODE_UNAVAILABLE:
        return "its node cannot be reached any more"
    return error.reason or "error without reason"
