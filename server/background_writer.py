"""Writing to disk beside the rounds, so that hospitals do not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

# Rounds of milliseconds share one write to disk; a kill costs no more of them than this takes.
PAUSE_SECONDS = 0.05

Action = Callable[[], None]


class Write(Protocol):
    """Has something written."""

    def __call__(self, action: Action, name: str = "") -> None:
        """Have an action carried out after all that were asked for before.

        Parameters
        ----------
        name : str
            An action of the same name that has not begun need not be carried out any more.
        """


def write_now(action: Action, name: str = "") -> None:  # noqa: ARG001 - the protocol's
    """Write at once, for whoever needs no more."""
    action()


class BackgroundWriter:
    """Writes one thing after the other, in order, in a thread of its own.

    What goes wrong is raised by a later `write`, or at the end of the block.
    """

    def __init__(self) -> None:
        self._pending: dict[object, Action] = {}
        self._error: Exception | None = None
        self._closed = self._writing = False
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._work, self._hurry = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> BackgroundWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed = True
        self._hurry.set()
        self._work.set()
        self._thread.join()
        if error is None:
            self._raise()

    def write(self, action: Action, name: str = "") -> None:
        """Have something written, as `Write` says."""
        self._raise()
        key = name or object()
        with self._lock:
            self._pending.pop(key, None)
            self._pending[key] = action
        self._work.set()

    def flush(self) -> None:
        """Wait until everything is written."""
        self._hurry.set()
        with self._idle:
            self._idle.wait_for(lambda: not self._pending and not self._writing)
        self._hurry.clear()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while not self._closed or self._pending:
            self._work.wait()
            self._hurry.wait(PAUSE_SECONDS)
            self._work.clear()
            self._write_pending()

    def _write_pending(self) -> None:
        with self._idle:
            actions, self._pending = list(self._pending.values()), {}
            self._writing = True
        try:
            for action in actions:
                action()
        except Exception as error:
            self._error = self._error or error
        with self._idle:
            self._writing = False
            self._idle.notify_all()
