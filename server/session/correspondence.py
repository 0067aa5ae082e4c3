"""Questions that are out, by stream or by Flower's own messages, and the answers to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping

from flwr.app import Message

from server.session.attendee import Attendee, Question
from server.session.shared_grid import SharedGrid
from server.session.traffic import Traffic
from shared.session import event_loop
from shared.session.messages import content_size

POLL_SECONDS = 0.2


class Correspondence:
    """Two threads meet here: the caller's, and the event loop's on which the streams live.

    Parameters
    ----------
    flower : SharedGrid
    attendees : mapping of int to Attendee
        By node; whoever keeps it may add to it.
    traffic : Traffic
        Counts what Flower's messages carry; streams count for themselves.
    """

    def __init__(
        self, flower: SharedGrid, attendees: Mapping[int, Attendee], traffic: Traffic
    ) -> None:
        self._flower = flower
        self._attendees = attendees
        self._traffic = traffic
        self._condition = threading.Condition()
        self._answers: dict[str, Message] = {}
        self._awaited: set[str] = set()
        self._by_flower: set[str] = set()
        self._by_stream: dict[str, int] = {}

    def ask(self, questions: list[Question]) -> None:
        """Put questions on their hospitals' streams."""
        with self._condition:
            for question in questions:
                metadata = question.message.metadata
                self._by_stream[metadata.message_id] = metadata.dst_node_id

        def put() -> None:
            for question in questions:
                self._attendees[question.message.metadata.dst_node_id].ask(question)

        event_loop.soon(put)

    def ask_by_flower(self, messages: list[Message]) -> None:
        """Send by Flower's own messages."""
        identifiers = self._flower.push(messages)
        self._traffic.sent += sum(content_size(message) for message in messages)
        with self._condition:
            self._by_flower |= set(identifiers)

    def collect(self, identifiers: Iterable[str], deadline: float | None) -> list[Message]:
        """Wait until all answers are there, or the deadline is over; return those that are."""
        wanted = set(identifiers)
        found: list[Message] = []
        while True:
            polled = self._pull_by_flower(wanted & self._by_flower)
            found += polled
            wanted -= {answer.metadata.reply_to_message_id for answer in polled}
            complete = self._wait_for_streams(wanted, deadline)
            late = deadline is not None and time.monotonic() >= deadline
            if late or (complete and not wanted & self._by_flower):
                break
        return found + self.pull(wanted)

    def _wait_for_streams(self, wanted: set[str], deadline: float | None) -> bool:
        """Wait until all answers by stream are there; return whether they are."""
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if wanted & self._by_flower:
            left = min(POLL_SECONDS, POLL_SECONDS if left is None else left)
        with self._condition:
            # One look when all are there, not one for each: every look stops the streams.
            self._awaited = wanted & set(self._by_stream) - set(self._answers)
            if not self._awaited and wanted & self._by_flower:
                self._condition.wait(left)
            return self._condition.wait_for(lambda: not self._awaited, left)

    def pull(self, identifiers: Iterable[str]) -> list[Message]:
        """Return the answers that are there, each once."""
        wanted = set(identifiers)
        with self._condition:
            found = [self._answers.pop(each) for each in wanted & set(self._answers)]
            for answer in found:
                self._by_stream.pop(answer.metadata.reply_to_message_id, None)
            polled = wanted & self._by_flower
        return found + self._pull_by_flower(polled)

    def _pull_by_flower(self, identifiers: set[str]) -> list[Message]:
        answers = self._flower.pull(identifiers)
        with self._condition:
            for answer in answers:
                self._by_flower.discard(answer.metadata.reply_to_message_id)
                self._traffic.received += content_size(answer)
        return answers

    def withdraw(self, identifiers: Iterable[str]) -> None:
        """Wait for some answers no more."""
        with self._condition:
            self._by_flower -= set(identifiers)
            nodes = {each: self._by_stream.pop(each, None) for each in identifiers}

        def withdraw() -> None:
            for identifier, node in nodes.items():
                if node is not None:
                    self._attendees[node].withdraw(identifier)

        if any(node is not None for node in nodes.values()):
            event_loop.do(withdraw)

    def deliver(self, identifier: str, answer: Message) -> None:
        """Take an answer from a stream; one that nobody waits for is dropped."""
        with self._condition:
            if identifier in self._by_stream:
                self._answers[identifier] = answer
                self._awaited.discard(identifier)
                if not self._awaited:
                    self._condition.notify_all()
