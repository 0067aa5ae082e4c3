"""A Flower Grid whose hospitals live on this machine: for simulations, benchmarks and tests.

Whoever answers, answers come back in the order of the questions and each hospital is asked one
question at a time, so that a simulation gives the same digits every time.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Literal, Self

from flwr.app import Error, Message, RecordDict
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid
from flwr.supercore.run import Run

from shared.session.hospital_processes import HospitalProcesses, cores
from shared.session.hospital_threads import HospitalThreads
from shared.session.messages import content_size
from shared.session.simulated_hospital import (
    AppFactory,
    Deliver,
    HospitalPool,
    InTurn,
    SimulatedHospital,
    identify,
)

__all__ = ["AppFactory", "InProcessGrid", "SimulatedHospital", "Workers"]

Workers = Literal["in_process", "threads", "processes"]

_run_numbers = itertools.count(1)


class InProcessGrid(Grid):
    """Hospitals by node.

    Parameters
    ----------
    hospitals : mapping of int to SimulatedHospital
    workers : {"in_process", "threads", "processes"}
        Who answers: this thread while it asks, a pool of threads, or a pool of processes, for
        which each hospital is described by an `AppFactory`.
    count : int
        Of threads or processes; 0 is one per core.

    Attributes
    ----------
    bytes_sent, bytes_received : int
        Of the records that went to hospitals and came from them.
    """

    def __init__(
        self,
        hospitals: Mapping[int, SimulatedHospital],
        workers: Workers = "in_process",
        count: int = 0,
    ) -> None:
        self.hospitals = dict(hospitals)
        self.bytes_sent = self.bytes_received = 0
        self._unanswered: set[str] = set()
        self._replies: dict[str, Message] = {}
        self._arrived = threading.Condition()
        self._message_numbers = itertools.count(1)
        self.begin_run()
        self._pool = create_pool(
            self.hospitals, workers, count or cores(), self._deliver, self.run_number
        )

    def begin_run(self) -> None:
        """Begin a new run: hospitals keep their data, but not what their apps remember."""
        self.run_number = next(_run_numbers)
        identify(self.run_number)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        places: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End the threads or processes."""
        self._pool.close()

    def set_run(self, run: Run) -> None:
        """Do nothing: runs are begun by `begin_run`."""

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
        gone = self._pool.gone()
        return [node for node in self.hospitals if node not in gone]

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Ask each hospital; return the questions' ids."""
        pushed = list(messages)
        sizes: dict[int, int] = {}
        for message in pushed:
            # Flower gives a message its id when the SuperLink takes it; here the grid does.
            metadata = message.metadata.__dict__
            metadata["_message_id"] = str(next(self._message_numbers))
            metadata["_run_id"] = self.run_number
            content = message.content
            if id(content) not in sizes:
                sizes[id(content)] = content_size(message)
            self.bytes_sent += sizes[id(content)]
        ids = [message.metadata.message_id for message in pushed]
        with self._arrived:
            self._unanswered.update(ids)
        known = [each for each in pushed if each.metadata.dst_node_id in self.hospitals]
        for message in pushed:
            if message.metadata.dst_node_id not in self.hospitals:
                self._deliver(message.metadata.message_id, unknown(message))
        self._pool.ask(known)
        return ids

    def _deliver(self, identifier: str, reply: Message) -> None:
        size = content_size(reply)
        with self._arrived:
            self.bytes_received += size
            if identifier in self._unanswered:
                self._unanswered.remove(identifier)
                self._replies[identifier] = reply
                self._arrived.notify_all()

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the answers that are there, once, in the order of the ids."""
        with self._arrived:
            return [self._replies.pop(each) for each in message_ids if each in self._replies]

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Ask, wait for the answers until the timeout, return them in the order of the questions.

        Later answers are thrown away. A hospital that is asked in this thread is not interrupted.
        """
        ids = list(self.push_messages(messages))
        with self._arrived:
            self._arrived.wait_for(lambda: self._unanswered.isdisjoint(ids), timeout)
            self._unanswered.difference_update(ids)
        return self.pull_messages(ids)


def create_pool(
    hospitals: dict[int, SimulatedHospital],
    workers: Workers,
    count: int,
    deliver: Deliver,
    run: int,
) -> HospitalPool:
    """Start who answers."""
    if workers == "threads":
        return HospitalThreads(hospitals, count, deliver)
    if workers == "processes":
        return HospitalProcesses(hospitals, count, deliver, run)
    return InTurn(hospitals, deliver)


def unknown(message: Message) -> Message:
    """Return the answer to a question to nobody."""
    reason = f"node {message.metadata.dst_node_id}: there is no such hospital"
    return Message(Error(ErrorCode.NODE_UNAVAILABLE, reason), reply_to=message)
