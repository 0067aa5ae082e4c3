"""Shares with their intervals."""

from __future__ import annotations

import numpy as np

from shared.contract import Contract
from shared.metrics.counts import LevelCounts
from shared.metrics.wilson import wilson
from shared.settings_file import StrictModel


class Share(StrictModel):
    """A share of rows with its 95% interval (Wilson 1927).

    Attributes
    ----------
    hits, rows : int
    value, low, high : float or None
        None without a row: unknown is not zero.
    """

    hits: int
    rows: int
    value: float | None
    low: float | None
    high: float | None


class ClassPerformance(StrictModel):
    """Of one class.

    Attributes
    ----------
    rows : int
        Answers whose confirmed diagnosis it is.
    precision, recall : Share
    f1 : Share
        Over the answers that have the class, were given it, or both: hits are those with both. With
        the share s of them, F1 is 2 s / (1 + s), which grows with s; so do the interval's bounds.
    """

    code: str
    name: str
    rows: int
    precision: Share
    recall: Share
    f1: Share


def share(hits: int, rows: int) -> Share:
    """Return a share with its interval."""
    if not rows:
        return Share(hits=0, rows=0, value=None, low=None, high=None)
    low, high = wilson(hits, rows)
    return Share(hits=hits, rows=rows, value=hits / rows, low=low, high=high)


def f1_share(hits: int, rows: int) -> Share:
    """Return F1 with its interval, of answers that have a class, were given it, or both."""
    found = share(hits, rows)
    if found.value is None or found.low is None or found.high is None:
        return found
    value, low, high = (2 * each / (1 + each) for each in (found.value, found.low, found.high))
    return Share(hits=hits, rows=rows, value=value, low=low, high=high)


def by_class(contract: Contract, counts: LevelCounts) -> list[ClassPerformance]:
    """Return the figures of each class that was confirmed or answered at least once."""
    confusion = np.array(counts.confusion)
    found = []
    for place, code in enumerate(counts.classes):
        hits = int(confusion[place, place])
        true, answered = int(confusion[place].sum()), int(confusion[:, place].sum())
        if true + answered:
            found.append(
                ClassPerformance(
                    code=code,
                    name=contract.classes[code].name,
                    rows=true,
                    precision=share(hits, answered),
                    recall=share(hits, true),
                    f1=f1_share(hits, true + answered - hits),
                )
            )
    return found
