"""Answers that cannot be used become errors before any strategy meets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flwr.app import Error, Message

from shared.errors import JuntosError
from shared.questions import REFUSED


@dataclass(frozen=True)
class AnswerChecks:
    """What an answer must pass.

    Attributes
    ----------
    accept : callable, optional
        Raises JuntosError for an answer that cannot be used.
    compare : callable, optional
        Returns which of several answers cannot be used beside the others, with the reason.
    """

    accept: Callable[[Message], None] | None = None
    compare: Callable[[Mapping[int, Message]], Mapping[int, str]] | None = None

    def apply(self, answers: Mapping[int, tuple[Message, Message]]) -> dict[int, Message]:
        """Return each node's answer, given its question and its answer."""
        checked = {}
        for node, (question, reply) in answers.items():
            reason = "" if reply.has_error() else self._refusal(reply)
            checked[node] = refused(question, reason) if reason else reply
        good = {node: reply for node, reply in checked.items() if not reply.has_error()}
        for node, reason in (self.compare(good) if self.compare else {}).items():
            checked[node] = refused(answers[node][0], reason)
        return checked

    def _refusal(self, reply: Message) -> str:
        try:
            if self.accept is not None:
                self.accept(reply)
        except JuntosError as error:
            return error.what
        return ""


def refused(question: Message, reason: str) -> Message:
    """Return what stands for an answer that cannot be used."""
    return Message(Error(REFUSED, reason), reply_to=question)
