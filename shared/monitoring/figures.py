"""Figures that are measured when somebody asks for them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

log = logging.getLogger("juntos.monitoring")
Figures = Iterator[Metric]


class FigureCollector(Collector):
    """The figures of one side, in parts.

    Parameters
    ----------
    is_ready : callable
        Whether this side does what it is for.

    Attributes
    ----------
    parts : mapping of str to callable
        What to ask for figures, by the part that they are of.
    """

    def __init__(self, is_ready: Callable[[], bool]) -> None:
        self._ready = is_ready
        self.parts: Mapping[str, Callable[[], Figures]] = {}

    def describe(self) -> Figures:
        """Return nothing: what there is depends on the state of things."""
        return iter(())

    def collect(self) -> Figures:
        """Yield all figures; a part that cannot be had is named, and takes no other with it."""
        yield InfoMetricFamily("juntos_build", "Release.", value={"version": version("juntos")})
        yield gauge("juntos_ready", "Whether it can do its work.", float(self._ready()))
        missing = GaugeMetricFamily(
            "juntos_metrics_unavailable", "Figures that could not be had.", labels=["part"]
        )
        for name, figures in self.parts.items():
            try:
                yield from list(figures())
                missing.add_metric([name], 0.0)
            except Exception as error:
                # What it says may hold a value; a scrape must not fail for one part.
                log.warning("no figures of %s: %s", name, type(error).__name__)
                missing.add_metric([name], 1.0)
        yield missing


def gauge(name: str, words: str, value: float) -> Metric:
    """Return one figure."""
    return GaugeMetricFamily(name, words, value=value)
