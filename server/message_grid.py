"""Flower's own messages through the SuperLink, looked for more often than Flower does."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from flwr.app import Message
from flwr.serverapp import Grid

from server.session.traffic import Traffic
from shared.session.messages import content_size
from shared.session.wrapping_grid import WrappingGrid

# Flower looks every 3 seconds.
POLL_SECONDS = 0.2


class MessageGrid(WrappingGrid):
    """Any Grid, with answers collected as soon as they are there.

    An error that the SuperLink answers with, for a node that is gone, does not come from that node;
    the question it replies to tells whose it is, so every message gets its id here.

    Parameters
    ----------
    reason : str
        Why no streams are used; empty where nobody wanted any.
    """

    def __init__(self, grid: Grid, reason: str = "") -> None:
        super().__init__(grid)
        self._reason = reason
        self._traffic = Traffic()
        self._seen: set[int] = set()

    @property
    def without_stream(self) -> Mapping[int, str]:
        """Nodes that a stream was wanted for, with the reason why there is none."""
        return dict.fromkeys(self._seen, self._reason) if self._reason else {}

    @property
    def bytes_sent(self) -> int:
        """Bytes of the records that went to hospitals so far."""
        return self._traffic.sent

    @property
    def bytes_received(self) -> int:
        """Bytes of the records that came from hospitals so far."""
        return self._traffic.received

    def get_node_ids(self) -> Iterable[int]:
        """Return the nodes that are online."""
        nodes = list(self.grid.get_node_ids())
        self._seen |= set(nodes)
        return nodes

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Send messages; return their ids in the same order."""
        pushed = list(messages)
        identifiers = list(self.grid.push_messages(pushed))
        for message, identifier in zip(pushed, identifiers, strict=True):
            message.metadata.__dict__["_message_id"] = identifier
            self._traffic.sent += content_size(message)
        return identifiers

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the answers that are there, each once."""
        answers = list(self.grid.pull_messages(message_ids))
        self._traffic.received += sum(content_size(answer) for answer in answers)
        return answers

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Ask, and wait for the answers until the timeout."""
        deadline = None if timeout is None else time.monotonic() + timeout
        # The SuperLink gives no id to a message it does not take.
        waiting = {each for each in self.push_messages(messages) if each}
        answers: list[Message] = []
        while waiting:
            found = list(self.pull_messages(sorted(waiting)))
            answers += found
            waiting -= {answer.metadata.reply_to_message_id for answer in found}
            if deadline is not None and time.monotonic() > deadline:
                break
            if waiting:
                time.sleep(POLL_SECONDS)
        return answers
