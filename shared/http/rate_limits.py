"""How much one key may ask: a bucket that fills steadily and is emptied by requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """Token buckets, one for each key, in this process.

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
            bucket = self._buckets[name] = _Bucket(self._burst, now)
        filled = bucket.tokens + (now - bucket.filled_at) * self._per_second
        bucket.tokens, bucket.filled_at = min(self._burst, filled), now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._per_second
        bucket.tokens -= 1
        return 0.0
