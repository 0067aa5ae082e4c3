"""Counts and times of requests, as the API's processes see them."""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector

from shared.http.frame import Exchange
from shared.monitoring.counting_together import FOLDER_VARIABLE

# Seconds; an answer takes about 1 ms, one with reasons 20, a file of cases many.
BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_Children = tuple[Counter, Histogram, Counter | None]


class RequestMetrics:
    """What is counted of each request; its labels are routes as they are declared, never paths.

    Several processes that answer at one address count into one folder, so that whichever is asked
    tells the sum.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        together = FOLDER_VARIABLE in os.environ
        self.registry = CollectorRegistry()
        own = None if together else self.registry
        self._requests = Counter(
            "juntos_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=own,
        )
        self._seconds = Histogram(
            "juntos_http_request_duration_seconds",
            "Time from a request to the end of its answer.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=own,
        )
        self._failures = Counter(
            "juntos_http_errors",
            "Requests that this side failed at: status 500 and above.",
            ("route", "status"),
            registry=own,
        )
        self._of = cache(self._found)
        if together:
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]

    def observe(self, exchange: Exchange) -> None:
        """Count one request."""
        # What no route takes is whatever a caller writes: it must not become a label.
        route = exchange.route or "none"
        method = exchange.method if exchange.method in _METHODS else "other"
        requests, seconds, failures = self._of(method, route, int(exchange.status))
        requests.inc()
        seconds.observe(exchange.seconds)
        if failures is not None:
            failures.inc()

    def _found(self, method: str, route: str, status: int) -> _Children:
        """Return what counts requests of one kind, of which there are few."""
        failed = self._failures.labels(route, str(status)) if status >= 500 else None
        requests = self._requests.labels(method, route, str(status))
        return requests, self._seconds.labels(method, route), failed
