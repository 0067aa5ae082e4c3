"""Work beside requests: looked at again and again, and at once when something came."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

SECONDS_BETWEEN_LOOKS = 5.0


class Background:
    """A thread that carries a piece of work out until it is stopped.

    Parameters
    ----------
    name : str
        Of the thread.
    work : callable
        May raise: the thread outlives whatever a disk, a database or a server does.
    log : Logger
        Is told the type of what was raised, never its words.
    """

    def __init__(self, name: str, work: Callable[[], object], log: logging.Logger) -> None:
        self._work = work
        self._log = log
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def ended(self) -> bool:
        """Whether it is to end: long work looks here."""
        return self._ended.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Look at once: something came."""
        self._wake.set()

    def _run(self) -> None:
        while not self.ended:
            try:
                self._work()
            except Exception as error:
                self._log.error("%s failed: %s", self._thread.name, type(error).__name__)
            self._wake.wait(SECONDS_BETWEEN_LOOKS)
            self._wake.clear()
