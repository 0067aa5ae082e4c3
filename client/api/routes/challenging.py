"""The challenger's answer, once the caller has the other one."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.background import BackgroundTask

from client.api.answering import Answering, Question
from client.audit import Prediction


def challenge(
    answering: Answering, asked: Sequence[Question], written: Sequence[Prediction]
) -> BackgroundTask | None:
    """Return what is done once the caller has the answer; nothing without a challenger."""
    if not written or not answering.is_challenged:
        return None
    first = written[0]
    return BackgroundTask(answering.challenge, asked, first.caller, first.request)
