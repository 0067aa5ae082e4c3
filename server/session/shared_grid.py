"""Flower's Grid, used by more than one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from flwr.app import Message
from flwr.serverapp import Grid


class SharedGrid:
    """Lets one thread at a time through: Flower's Grid is made for one."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._lock = threading.Lock()

    def online(self) -> set[int]:
        """Return the nodes that the SuperLink hears from."""
        with self._lock:
            return set(self._grid.get_node_ids())

    def push(self, messages: list[Message]) -> list[str]:
        """Send messages, which get their ids; return these, in the same order."""
        with self._lock:
            identifiers = list(self._grid.push_messages(messages))
        for message, identifier in zip(messages, identifiers, strict=True):
            message.metadata.__dict__["_message_id"] = identifier
        return identifiers

    def pull(self, identifiers: Iterable[str]) -> list[Message]:
        """Return the answers that are there, each once."""
        wanted = sorted(identifiers)
        if not wanted:
            return []
        with self._lock:
            return list(self._grid.pull_messages(wanted))
