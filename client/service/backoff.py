"""How long to wait before what ended is started again."""

from __future__ import annotations

import time
from collections.abc import Callable

SHORTEST_WAIT = 1.0


class Backoff:
    """Waits that double from 1 s; what ran for longer than the longest wait begins anew.

    Parameters
    ----------
    longest : float
        Seconds.
    clock : callable
        Returns seconds that only go on.
    """

    def __init__(self, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
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
        wait = self._longest if hopeless else SHORTEST_WAIT * 2.0 ** min(self.failures - 1, 30)
        wait = min(self._longest, wait)
        self._next = self._clock() + wait
        return wait
