"""Intervals of shares."""

from __future__ import annotations

import math

_NORMAL_QUANTILE = 1.959963984540054


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """Return the 95% interval of a share of rows (Wilson 1927).

    Parameters
    ----------
    hits, rows : int
        At least one row.
    """
    share, square = hits / rows, _NORMAL_QUANTILE**2
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    spread = math.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    half = _NORMAL_QUANTILE * spread / (1 + square / rows)
    return max(0.0, middle - half), min(1.0, middle + half)
