"""Hospitals answered by worker processes; each hospital stays in one of them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from queue import SimpleQueue

from flwr.app import Error, Message, RecordDict
from flwr.common.constant import ErrorCode

from shared.session.hospital_worker import serve
from shared.session.messages import content_bytes, head_bytes, read_message
from shared.session.simulated_hospital import AppFactory, Deliver, SimulatedHospital

SECONDS_TO_END = 5
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# Head and content apart: the content, the same for all hospitals, is kept once.
Question = tuple[Message, bytes, bytes]


class HospitalProcesses:
    """Worker processes; what a hospital has loaded stays warm in its own.

    Parameters
    ----------
    hospitals : mapping of int to SimulatedHospital
        Each described by an AppFactory.
    workers : int
        Number of processes.
    run : int
        Of the first questions.
    """

    def __init__(
        self,
        hospitals: Mapping[int, SimulatedHospital],
        workers: int,
        deliver: Deliver,
        run: int,
    ) -> None:
        factories = {node: factory_of(node, each) for node, each in hospitals.items()}
        count = min(workers, max(len(factories), 1))
        parts: list[dict[int, AppFactory]] = [{} for _ in range(count)]
        for position, (node, factory) in enumerate(factories.items()):
            parts[position % count][node] = factory
        with limited_threads(max(1, cores() // count)):
            self._workers = [Worker(part, deliver, run) for part in parts]
        self._by_node = {node: worker for worker in self._workers for node in worker.nodes}

    def ask(self, messages: Iterable[Message]) -> None:
        """Give each question to its hospital's worker."""
        contents: dict[int, tuple[RecordDict, bytes]] = {}
        for message in messages:
            content = message.content
            if id(content) not in contents:
                # The record is kept beside its bytes, so that no other gets its identity.
                contents[id(content)] = content, content_bytes(message)
            question = message, head_bytes(message), contents[id(content)][1]
            self._by_node[message.metadata.dst_node_id].questions.put(question)

    def gone(self) -> set[int]:
        """Return the nodes whose worker has ended."""
        return {node for node, worker in self._by_node.items() if worker.ended}

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join()


class Worker:
    """One process, and the thread that talks with it: one question at a time."""

    def __init__(self, hospitals: Mapping[int, AppFactory], deliver: Deliver, run: int) -> None:
        # Not fork: torch and gRPC do not survive it.
        context = multiprocessing.get_context("spawn")
        self.nodes = list(hospitals)
        self.questions: SimpleQueue[Question | None] = SimpleQueue()
        self.ended = False
        self._deliver = deliver
        self._connection, theirs = context.Pipe()
        arguments = (theirs, dict(hospitals), run)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self._thread = threading.Thread(target=self._converse, daemon=True)
        self._thread.start()

    def _converse(self) -> None:
        while (question := self.questions.get()) is not None:
            message, head, content = question
            self._deliver(message.metadata.message_id, self._answer(message, head, content))

    def _answer(self, message: Message, head: bytes, content: bytes) -> Message:
        if not self.ended:
            try:
                self._connection.send_bytes(head + content)
                return read_message(self._connection.recv_bytes())
            except (EOFError, OSError):
                self._process.join(SECONDS_TO_END)
                self.ended = True
        node, code = message.metadata.dst_node_id, self._process.exitcode
        reason = f"node {node}: its worker process ended (exit code {code})"
        return Message(Error(ErrorCode.CLIENT_APP_CRASHED, reason), reply_to=message)

    def stop(self) -> None:
        """Tell the process and the thread to end."""
        self._process.terminate()
        self.questions.put(None)

    def join(self) -> None:
        """Wait until both have ended."""
        self._process.join(SECONDS_TO_END)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._thread.join(SECONDS_TO_END)
        self._connection.close()


def factory_of(node: int, hospital: SimulatedHospital) -> AppFactory:
    """Return how to build a hospital elsewhere."""
    if not isinstance(hospital.app, AppFactory):
        raise TypeError(f"node {node}: another process needs an AppFactory, not a ClientApp")
    return hospital.app


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Limit the threads of numerical libraries in processes started meanwhile.

    The libraries read these variables while they are loaded, before any of our code runs there.
    """
    before = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
