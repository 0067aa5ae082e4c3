"""How good a ranker is, from counts over all hospitals' held-out cases."""

from __future__ import annotations

import numpy as np

from shared.metrics.wilson import wilson
from shared.models.base import Arrays
from shared.ranking_learning.ranks import (
    ANSWERED,
    BINS,
    GROUPS,
    METHODS,
    PLACES,
    RANKS,
    RELIABILITY,
    SETS,
)
from shared.settings_file import StrictModel


class Share(StrictModel):
    """A share of cases with its 95% interval; nothing without cases."""

    hits: int
    cases: int
    value: float | None
    low: float | None
    high: float | None


class RankingFigures(StrictModel):
    """Figures of a ranker.

    Attributes
    ----------
    top : dict
        By method (``federated``, ``matching``), group of cases and place: how often the right
        disease is so far up.
    calibration_error : float or None
        Expected, of the first disease's probability, in 20 bins taken at their middle.
    in_set, answered, right_of_answered : Share
    """

    top: dict[str, dict[str, dict[str, Share]]]
    calibration_error: float | None
    in_set: Share
    answered: Share
    right_of_answered: Share


def share(hits: float, cases: float) -> Share:
    """Return a share with its interval (Wilson 1927)."""
    hits, cases = round(hits), round(cases)
    if not cases:
        return Share(hits=0, cases=0, value=None, low=None, high=None)
    low, high = wilson(hits, cases)
    return Share(hits=hits, cases=cases, value=hits / cases, low=low, high=high)


def ranking_figures(counts: Arrays) -> RankingFigures:
    """Return the figures that counts say."""
    top: dict[str, dict[str, dict[str, Share]]] = {}
    for method, by_group in zip(METHODS, counts[RANKS], strict=True):
        top[method] = {}
        for group, places in zip(GROUPS, by_group, strict=True):
            upto = np.cumsum(places)
            top[method][group] = {
                f"top_{depth}": share(upto[number], upto[-1]) for number, depth in enumerate(PLACES)
            }
    no, wrong, right = counts[ANSWERED]
    return RankingFigures(
        top=top,
        calibration_error=_calibration_error(counts[RELIABILITY]),
        in_set=share(counts[SETS][1], counts[SETS].sum()),
        answered=share(wrong + right, no + wrong + right),
        right_of_answered=share(right, wrong + right),
    )


def _calibration_error(reliability: np.ndarray) -> float | None:
    rows = reliability.sum(axis=1)
    if not rows.sum():
        return None
    middles = (np.arange(BINS) + 0.5) / BINS
    observed = np.divide(reliability[:, 1], rows, out=np.zeros(BINS), where=rows > 0)
    return float((rows * np.abs(observed - middles)).sum() / rows.sum())
