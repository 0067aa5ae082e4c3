"""A Flower Grid whose hospitals live in this process: for simulations, benchmarks and tests.

Questions are answered one after the other in the order of the hospitals, so that a simulation
gives the same digits every time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

COORDINATOR = 0


@dataclass
class SimulatedHospital:
    """One hospital in this process.

    Attributes
    ----------
    app : ClientApp
        What answers its questions.
    unreachable_from : int or None
        Simulated failure: from this question on (counted from 0) it answers no more.
    """

    app: ClientApp
    unreachable_from: int | None = None
    questions_seen: int = 0
    state: RecordDict = field(default_factory=RecordDict)

    @property
    def reachable(self) -> bool:
        """Whether the hospital still answers."""
        return self.unreachable_from is None or self.questions_seen < self.unreachable_from


class InProcessGrid(Grid):
    """Hospitals by node id; every message is answered as soon as it is pushed."""

    def __init__(self, hospitals: Mapping[int, SimulatedHospital]) -> None:
        # A Flower process says who it is before it writes messages; here that is the simulation.
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, COORDINATOR, 0
        self.hospitals = dict(hospitals)
        self._replies: dict[str, Message] = {}
        self._message_numbers = itertools.count(1)

    def set_run(self, run: Run) -> None:
        """Do nothing: there is one run per grid."""

    @property
    def run(self) -> Run:
        """Nothing to tell: the run exists in this process only."""
        raise RuntimeError("An in-process run is not known to any SuperLink.")

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Create a message to a hospital."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> Iterable[int]:
        """Return the hospitals that answer, in order."""
        return [node for node, hospital in self.hospitals.items() if hospital.reachable]

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Ask each hospital at once; return the questions' ids."""
        ids = []
        for message in messages:
            # Flower gives a message its id when the SuperLink takes it; here the grid does.
            message.metadata.__dict__["_message_id"] = str(next(self._message_numbers))
            self._replies[message.metadata.message_id] = self._answer(message)
            ids.append(message.metadata.message_id)
        return ids

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the answers that are there, once."""
        return [self._replies.pop(each) for each in message_ids if each in self._replies]

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Ask and return the answers."""
        del timeout  # answers are there at once
        return self.pull_messages(self.push_messages(messages))

    def _answer(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        hospital = self.hospitals[node]
        reachable = hospital.reachable
        hospital.questions_seen += 1
        if not reachable:
            error = Error(ErrorCode.NODE_UNAVAILABLE, "the hospital cannot be reached")
            return Message(error, reply_to=message)
        context = Context(
            run_id=1, node_id=node, node_config={}, state=hospital.state, run_config={}
        )
        return hospital.app(message, context)
