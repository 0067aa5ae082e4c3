"""Writing to disk beside the rounds, so that hospitals do not wait for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

# So far the disk may be behind; a kill loses no more than these last writes.
MAXIMUM_PENDING = 3


class BackgroundWriter:
    """Writes one thing after the other, in order, in a thread of its own.

    What goes wrong is raised by a later `write`, or at the end of the block.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> BackgroundWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self._executor.shutdown()

    def write(self, action: Callable[[], None]) -> None:
        """Have something written, after all that was asked for before."""
        while self._pending and (self._pending[0].done() or len(self._pending) >= MAXIMUM_PENDING):
            self._pending.popleft().result()
        self._pending.append(self._executor.submit(action))

    def flush(self) -> None:
        """Wait until everything is written."""
        while self._pending:
            self._pending.popleft().result()


def write_now(action: Callable[[], None]) -> None:
    """Write at once, for whoever needs no more."""
    action()
