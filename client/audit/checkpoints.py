"""SQLite's log copied into the database beside the commits, so that no answer waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger("juntos.node")

SECONDS_BETWEEN = 0.5
# A commit writes about ten pages to the log.
LEAST_COMMITS = 100


class Checkpoints:
    """Begins when it is told to; does nothing for databases that look after themselves.

    Parameters
    ----------
    engine : Engine
    commits : callable
        How many there were so far.
    """

    def __init__(self, engine: Engine, commits: Callable[[], int]) -> None:
        self._engine = engine
        self._commits = commits
        self._copied = 0
        self._ended = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Look from now on whether there is anything to copy."""
        if self._thread is not None or self._engine.dialect.name != "sqlite":
            return
        with self._starting:
            if self._thread is None and not self._ended.is_set():
                thread = threading.Thread(target=self._run, name="juntos-checkpoints", daemon=True)
                thread.start()
                self._thread = thread

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN):
            commits = self._commits()
            if commits - self._copied >= LEAST_COMMITS:
                self._copied = commits
                self._copy()

    def _copy(self) -> None:
        try:
            with self._engine.connect() as connection:
                # Holds up nobody: what is read or written meanwhile is left for the next time.
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        except SQLAlchemyError as error:
            # Whoever writes next is told what is wrong.
            log.warning("the audit store's log is not copied: %s", type(error).__name__)
