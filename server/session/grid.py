"""A Flower Grid over one stream per hospital, and over Flower's own messages where none opens."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping

from flwr.app import Message
from flwr.serverapp import Grid

from server.session.attendance import Attendance
from server.session.attendee import Question
from server.session.listener import Endpoint
from shared.session.messages import content_bytes
from shared.session.parts import CutContent, refuse_oversized
from shared.session.settings import SessionSettings
from shared.session.wrapping_grid import WrappingGrid


class SessionGrid(WrappingGrid):
    """Implements Flower's Grid, so that any strategy and any ClientApp work on it unchanged.

    Parameters
    ----------
    flower : Grid
        Flower's own: it carries the invitations, and every message of a hospital that cannot open
        a stream.
    endpoint : Endpoint
    settings : SessionSettings
    join_timeout : float
        Seconds within which a hospital must have opened its stream.
    ended : callable
        Returns the nodes whose membership has ended; asked every few seconds.

    Raises
    ------
    SettingsError
        When the endpoint cannot be bound.
    """

    def __init__(
        self,
        flower: Grid,
        endpoint: Endpoint,
        settings: SessionSettings,
        join_timeout: float,
        ended: Callable[[], set[int]] = set,
    ) -> None:
        super().__init__(flower)
        self._settings = settings
        self._attendance = Attendance(flower, endpoint, settings, join_timeout, ended)
        self._correspondence = self._attendance.correspondence

    def close(self) -> None:
        """Say goodbye to every hospital and stop listening."""
        self._attendance.close()

    def __enter__(self) -> SessionGrid:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def bytes_sent(self) -> int:
        """Bytes that went to hospitals so far."""
        return self._attendance.traffic.sent

    @property
    def bytes_received(self) -> int:
        """Bytes that came from hospitals so far."""
        return self._attendance.traffic.received

    @property
    def without_stream(self) -> Mapping[int, str]:
        """Nodes that are asked by Flower's own messages, with the reason."""
        return self._attendance.without_stream

    def gather(self) -> None:
        """Wait until each hospital that is online has opened its stream, or will do without."""
        self._attendance.gather()

    def get_node_ids(self) -> Iterable[int]:
        """Return the hospitals that can be asked now."""
        return self._attendance.present()

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Send messages; return their ids in the same order."""
        return self._push(list(messages), None)

    def _push(self, messages: list[Message], timeout: float | None) -> list[str]:
        """Send by stream where there is one; the same records are written once for all."""
        streams: list[Question] = []
        others: list[Message] = []
        cut: dict[int, CutContent] = {}
        for message in messages:
            if self._attendance.attends(message.metadata.dst_node_id):
                message.metadata.__dict__["_message_id"] = uuid.uuid4().hex
                content = cut.get(id(message.__dict__["_content"])) or self._cut(message)
                cut[id(message.__dict__["_content"])] = content
                seconds = min(message.metadata.ttl, timeout or message.metadata.ttl)
                streams.append(Question(message, content, time.monotonic() + seconds))
            else:
                others.append(message)
        if others:
            self._correspondence.ask_by_flower(others)
        if streams:
            self._correspondence.ask(streams)
        return [message.metadata.message_id for message in messages]

    def _cut(self, message: Message) -> CutContent:
        content = content_bytes(message)
        refuse_oversized(len(content), self._settings.maximum_message_bytes)
        return CutContent(content, compress=self._settings.compress)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the answers that are there, each once."""
        return self._correspondence.pull(list(message_ids))

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Ask and wait for the answers, no longer than the timeout or their time to live."""
        deadline = None if timeout is None else time.monotonic() + timeout
        asked = self._push(list(messages), timeout)
        answers = self._correspondence.collect(asked, deadline)
        answered = {answer.metadata.reply_to_message_id for answer in answers}
        self._correspondence.withdraw(set(asked) - answered)
        return answers
