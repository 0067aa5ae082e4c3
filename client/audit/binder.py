"""Binding all chains once a minute, beside whatever the process does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from client.audit.errors import AuditUnavailableError

log = logging.getLogger("juntos.node")

SECONDS_BETWEEN = 60.0


class Binder:
    """Begins when it is told to, and again does nothing.

    Parameters
    ----------
    bind : callable
    """

    def __init__(self, bind: Callable[[], object]) -> None:
        self._bind = bind
        self._ended = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Bind a minute from now, and so on."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None and not self._ended.is_set():
                thread = threading.Thread(target=self._run, name="juntos-audit", daemon=True)
                thread.start()
                self._thread = thread

    def end(self) -> None:
        """Stop, and bind a last time where it had begun."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._try()

    def _run(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN):
            self._try()

    def _try(self) -> None:
        try:
            self._bind()
        except AuditUnavailableError as error:
            log.warning("the chains of the audit store are not bound: %s", error)
