"""How good a ranking is, from noised counts: intervals hold the noise too."""

from __future__ import annotations

import math

import numpy as np

from server.ranking.figures import RankingFigures, Share, share
from shared.metrics.wilson import wilson
from shared.ranking.noised_places import BANDS, NoisedPlaces
from shared.ranking_learning.ranks import GROUPS, METHODS, PLACES

# The normal distribution's, for 95%.
WIDTH = 1.959964


def noised_figures(places: NoisedPlaces) -> RankingFigures:
    """Return the figures that noised counts of held-out patients say.

    Rare diseases are no group of their own: how many cases a disease has is known with noise only.
    """
    by_group = places.counts.sum(axis=1)
    chosen = {"all": [0, 1], "with_cases": [1], "without_cases": [0]}
    top = {
        method: {
            group: {
                f"top_{depth}": _share(by_group[number], chosen.get(group, []), depth, places)
                for depth in PLACES
            }
            for group in GROUPS
        }
        for number, method in enumerate(METHODS)
    }
    nobody = share(0, 0)
    return RankingFigures(
        top=top, calibration_error=None, in_set=nobody, answered=nobody, right_of_answered=nobody
    )


def _share(counts: np.ndarray, groups: list[int], depth: int, places: NoisedPlaces) -> Share:
    """Return a share whose interval is Wilson's, widened by the noise (delta method)."""
    cells = counts[groups]
    total = float(cells.sum())
    if total < 1:
        return share(0, 0)
    # Noise may say that more are right at the first place than at the first three.
    hits = max(float(cells[:, :each].sum()) for each in PLACES if each <= depth)
    value = min(max(hits / total, 0.0), 1.0)
    variance = places.deviation**2 * BANDS * len(groups)
    inside, outside = depth * (1 - value) ** 2, (cells.shape[1] - depth) * value**2
    noise = WIDTH * math.sqrt(variance * (inside + outside)) / total
    low, high = wilson(round(value * total), round(total))
    return Share(
        hits=round(value * total),
        cases=round(total),
        value=value,
        low=max(value - math.hypot(value - low, noise), 0.0),
        high=min(value + math.hypot(high - value, noise), 1.0),
    )
