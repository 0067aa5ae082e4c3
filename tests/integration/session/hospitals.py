"""Hospitals in threads, reached as by a SuperLink, that open real streams to a session."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

Watch = Callable[[Message], object]


class Exchange(Grid):
    """Carries messages as a SuperLink does: each hospital answers one at a time, in its own time.

    `watch` lets a test see, or change, a message before the hospital does.
    """

    def __init__(self, apps: dict[int, ClientApp]) -> None:
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, 0, 0
        self.apps = apps
        self.online = set(apps)
        self.watch: Watch = lambda message: None
        self.carried: list[str] = []
        # Raises, or waits, before the sender learns the ids of what it sent.
        self.sent: Callable[[], object] = lambda: None
        self._numbers = itertools.count(1)
        self._workers = {node: ThreadPoolExecutor(1) for node in apps}
        self._replies: dict[str, Future[Message]] = {}
        self._questions: dict[str, Message] = {}
        self._lock = threading.Lock()

    def set_run(self, run: Run) -> None: ...

    @property
    def run(self) -> Run:
        raise RuntimeError

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> Iterable[int]:
        return sorted(self.online)

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        identifiers = []
        for message in messages:
            identifier = f"flower-{next(self._numbers)}"
            message.metadata.__dict__["_message_id"] = identifier
            node = message.metadata.dst_node_id
            self.carried.append(message.metadata.message_type)
            with self._lock:
                self._questions[identifier] = message
                self._replies[identifier] = self._workers[node].submit(self._answer, message)
            identifiers.append(identifier)
        self.sent()
        return identifiers

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        found = []
        with self._lock:
            for identifier in message_ids:
                reply = self._replies.get(identifier)
                question = self._questions.get(identifier)
                if reply is not None and reply.done():
                    found.append(self._replies.pop(identifier).result())
                elif question is not None and question.metadata.dst_node_id not in self.online:
                    self._replies.pop(identifier, None)
                    error = Error(ErrorCode.NODE_UNAVAILABLE, "node unavailable")
                    found.append(Message(error, reply_to=self._questions.pop(identifier)))
        return found

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> list[Message]:
        raise NotImplementedError

    def _answer(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        context = Context(1, node, {}, RecordDict(), {})
        self.watch(message)
        try:
            return self.apps[node](message, context)
        except BaseException as error:
            return Message(
                Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, str(error)), reply_to=message
            )

    def close(self) -> None:
        for worker in self._workers.values():
            worker.shutdown(wait=True, cancel_futures=True)
