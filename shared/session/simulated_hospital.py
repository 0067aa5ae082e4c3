"""One hospital on this machine: a ClientApp, its state, and one question at a time."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode
from flwr.supercore.task_identity import TaskIdentity

COORDINATOR = 0

log = logging.getLogger("juntos.simulation")

# Takes the identifier of a question and the answer to it; any thread may call it.
Deliver = Callable[[str, Message], None]


@dataclass(frozen=True)
class AppFactory:
    """How to build a hospital's ClientApp in the process that answers for it.

    Attributes
    ----------
    build : callable
        A function that can be imported by name, so that another process finds it.
    arguments : tuple
        What it is called with; they can be pickled.
    """

    build: Callable[..., ClientApp]
    arguments: tuple[Any, ...] = ()


@dataclass
class SimulatedHospital:
    """One hospital.

    Attributes
    ----------
    app : ClientApp or AppFactory
        What answers its questions; a factory is called at the first of them.
    state : RecordDict
        What the ClientApp keeps from question to question of one run.
    """

    app: ClientApp | AppFactory
    state: RecordDict = field(default_factory=RecordDict)
    run: int | None = None

    def answer(self, message: Message) -> Message:
        """Answer one question; what the ClientApp raises becomes an error, as in Flower."""
        try:
            return self._asked(message)
        except (Exception, SystemExit) as error:
            return raised(message, error)

    def _asked(self, message: Message) -> Message:
        run, node = message.metadata.run_id, message.metadata.dst_node_id
        if self.run not in (None, run):
            self.state = RecordDict()
        self.run = run
        if isinstance(self.app, AppFactory):
            self.app = self.app.build(*self.app.arguments)
        context = Context(run_id=run, node_id=node, node_config={}, state=self.state, run_config={})
        answer = self.app(message, context)
        self.state = context.state
        return answer


class HospitalPool(Protocol):
    """Who answers: this thread, several threads, or several processes."""

    def ask(self, messages: Iterable[Message]) -> None:
        """Take questions; each hospital answers its own in order."""

    def gone(self) -> set[int]:
        """Return the nodes that will never answer again."""

    def close(self) -> None:
        """End what was started."""


class InTurn:
    """Answers one question after the other in the thread that asks."""

    def __init__(self, hospitals: dict[int, SimulatedHospital], deliver: Deliver) -> None:
        self._hospitals = hospitals
        self._deliver = deliver

    def ask(self, messages: Iterable[Message]) -> None:
        """Answer all before returning."""
        for message in messages:
            metadata = message.metadata
            answer = self._hospitals[metadata.dst_node_id].answer(message)
            self._deliver(metadata.message_id, answer)

    def gone(self) -> set[int]:
        """Return nobody."""
        return set()

    def close(self) -> None:
        """Do nothing."""


def identify(run: int) -> None:
    """Say who this process is; Flower's processes do so before they write messages."""
    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = run, COORDINATOR, 0


def raised(message: Message, error: BaseException) -> Message:
    """Return the answer of a ClientApp that raised.

    The text of an exception may hold a patient's value; its kind and place do not.
    """
    kind = type(error).__name__
    node = message.metadata.dst_node_id
    frames = traceback.extract_tb(error.__traceback__)
    places = "".join(f"\n  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    log.error("node %d: %s%s", node, kind, places)
    reason = f"node {node}: its ClientApp raised {kind}"
    return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, reason), reply_to=message)
