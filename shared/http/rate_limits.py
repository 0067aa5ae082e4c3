"""How much one may ask: a bucket that fills steadily and is emptied by requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

# Names that are whatever a caller writes must not fill the memory.
MOST_BUCKETS = 10_000


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """Token buckets, one for each name, in this process.

    Parameters
    ----------
    per_second : float
        How fast a bucket fills.
    burst : int
        What it holds.
    clock : callable
        Returns seconds that only grow.
    """

    def __init__(
        self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str) -> float:
        """Take one request out of a bucket.

        Returns
        -------
        float
            Seconds until there will be one; 0 where it was taken.
        """
        now = self._clock()
        bucket = self._buckets.get(name)
        if bucket is None:
            self._forget_full(now)
            bucket = self._buckets[name] = _Bucket(self._burst, now)
        filled = bucket.tokens + (now - bucket.filled_at) * self._per_second
        bucket.tokens, bucket.filled_at = min(self._burst, filled), now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._per_second
        bucket.tokens -= 1
        return 0.0

    def _forget_full(self, now: float) -> None:
        """Leave out buckets that are as new ones, once there are many."""
        if len(self._buckets) < MOST_BUCKETS:
            return
        full = self._burst / self._per_second
        self._buckets = {
            name: bucket for name, bucket in self._buckets.items() if now - bucket.filled_at < full
        }
