"""How long to wait before what ended is started again."""

from __future__ import annotations

import time
from collections.abc import Callable


class Backoff:
    """Waits that double; what ran for longer than the longest one begins anew.

    Parameters
    ----------
    longest, shortest : float
        Seconds.
    clock : callable
        Returns seconds that only go on.
    """

    def __init__(
        self,
        longest: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        shortest: float = 1.0,
    ) -> None:
        self._longest = longest
        self._shortest = shortest
        self._clock = clock
        self._started: float | None = None
        self._next = float("-inf")
        self.failures = 0

    @property
    def due(self) -> bool:
        """Whether it may start now."""
        return self._clock() >= self._next

    def started(self) -> None:
        """Note a start."""
        self._started = self._clock()

    def failed(self, *, hopeless: bool = False) -> float:
        """Note an end that nobody asked for; return the seconds until the next start.

        Parameters
        ----------
        hopeless : bool
            A person must do something first: wait as long as ever.
        """
        if self._started is not None and self._clock() - self._started > self._longest:
            self.failures = 0
        self._started = None
        self.failures += 1
        # The exponent is limited, not only the wait: it may have failed for years.
        wait = self._longest if hopeless else self._shortest * 2.0 ** min(self.failures - 1, 30)
        wait = min(self._longest, wait)
        self._next = self._clock() + wait
        return wait
