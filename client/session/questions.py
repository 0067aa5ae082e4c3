"""What a hospital was asked in a session: each question is answered at most once."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from shared.session.parts import CutContent


@dataclass(frozen=True)
class Received:
    """A question that arrived whole.

    Attributes
    ----------
    data : bytes
        The Flower message.
    deadline : float
        On the monotonic clock; after it nobody waits for the answer.
    """

    message_id: str
    data: bytes
    deadline: float


class Questions:
    """Questions in order of arrival, and answers until the coordinator has them."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: list[Received] = []
        self._begun: set[str] = set()
        self._answers: dict[str, CutContent] = {}
        self._over = False
        self.answered = 0

    def add(self, question: Received) -> CutContent | None:
        """Take a question; return its answer when it was answered before."""
        with self._condition:
            known = question.message_id in self._begun or any(
                each.message_id == question.message_id for each in self._waiting
            )
            if not known:
                self._waiting.append(question)
                self._condition.notify()
            return self._answers.get(question.message_id)

    def next(self) -> Received | None:
        """Wait for the next question that somebody still waits for; None when the session ends."""
        with self._condition:
            while True:
                self._condition.wait_for(lambda: self._waiting or self._over)
                if self._over:
                    return None
                question = self._waiting.pop(0)
                self._begun.add(question.message_id)
                if question.deadline > time.monotonic():
                    return question

    def keep(self, message_id: str, answer: CutContent) -> None:
        """Keep an answer until the coordinator has it."""
        with self._condition:
            self._answers[message_id] = answer
            self.answered += 1

    def forget(self, message_id: str) -> None:
        """Drop an answer that arrived, or a question that was withdrawn before it was begun."""
        with self._condition:
            self._answers.pop(message_id, None)
            self._waiting = [each for each in self._waiting if each.message_id != message_id]

    def held(self) -> list[str]:
        """Return the ids of the questions that need not be sent again."""
        with self._condition:
            return [*self._begun, *(each.message_id for each in self._waiting)]

    def unsent(self) -> dict[str, CutContent]:
        """Return the answers of which nobody said that they arrived."""
        with self._condition:
            return dict(self._answers)

    def end(self) -> None:
        """Let `next` return None."""
        with self._condition:
            self._over = True
            self._condition.notify_all()
