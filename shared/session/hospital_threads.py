"""Hospitals answered by threads of this process."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from flwr.app import Message

from shared.session.simulated_hospital import Deliver, SimulatedHospital


class HospitalThreads:
    """A pool of threads; whichever is free answers for the next hospital.

    Parameters
    ----------
    workers : int
        Number of threads.
    """

    def __init__(
        self, hospitals: Mapping[int, SimulatedHospital], workers: int, deliver: Deliver
    ) -> None:
        self._hospitals = hospitals
        self._deliver = deliver
        self._executor = ThreadPoolExecutor(workers, "hospital")
        self._lock = threading.Lock()
        # The first of a hospital's questions is the one being answered.
        self._questions: dict[int, deque[Message]] = {node: deque() for node in hospitals}

    def ask(self, messages: Iterable[Message]) -> None:
        """Put each question in its hospital's queue."""
        for message in messages:
            node = message.metadata.dst_node_id
            with self._lock:
                self._questions[node].append(message)
                idle = len(self._questions[node]) == 1
            if idle:
                self._executor.submit(self._answer_first, node)

    def _answer_first(self, node: int) -> None:
        questions = self._questions[node]
        message = questions[0]
        self._deliver(message.metadata.message_id, self._hospitals[node].answer(message))
        with self._lock:
            questions.popleft()
            more = bool(questions)
        if more:
            self._executor.submit(self._answer_first, node)

    def gone(self) -> set[int]:
        """Return nobody: threads do not die alone."""
        return set()

    def close(self) -> None:
        """Begin no further answer; one that was begun cannot be stopped."""
        self._executor.shutdown(wait=False, cancel_futures=True)
