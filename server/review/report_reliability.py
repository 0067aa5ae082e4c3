"""Figure: whether stated probabilities come true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from server.review.report_svg import (
    GRID,
    INK,
    QUIET,
    SHARED,
    embedded,
    house_style,
    new_figure,
)
from server.review.report_words import is_known
from server.review.review import ReliabilityBin

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The 97.5% point of the normal distribution.
NORMAL = 1.959964


def wilson_interval(share: float, rows: int) -> tuple[float, float]:
    """Return the 95% interval of a share of rows (Wilson 1927)."""
    spread = NORMAL**2 / rows
    middle = (share + spread / 2) / (1 + spread)
    half = NORMAL * math.sqrt(share * (1 - share) / rows + spread / (4 * rows)) / (1 + spread)
    return middle - half, middle + half


def reliability_figure(bins: Sequence[ReliabilityBin]) -> Markup | None:
    """Draw the share of right answers over the stated probability, and the rows of each bin."""
    known = [
        each for each in bins if each.rows > 0 and is_known(each.stated) and is_known(each.right)
    ]
    if not known:
        return None
    with house_style():
        figure = new_figure(4.1, 4.3)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        draw_shares(upper, known)
        draw_rows(lower, known)
        return embedded(
            figure,
            "reliability",
            "Reliability diagram",
            "Share of right answers over stated probability, with the rows of each bin. "
            "The table has the same figures.",
        )


def draw_shares(axis: Axes, bins: Sequence[ReliabilityBin]) -> None:
    """Draw each bin's share with its interval, beside the line where all would lie."""
    axis.plot([0, 1], [0, 1], color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    stated = [each.stated for each in bins]
    axis.plot(stated, [each.right for each in bins], "o-", color=SHARED, markersize=5, linewidth=1)
    for each in bins:
        axis.vlines(each.stated, *wilson_interval(each.right, each.rows), color=SHARED, linewidth=2)
    axis.text(0.03, 0.97, "right more often\nthan stated", va="top", color=QUIET)
    axis.text(0.97, 0.03, "right less often\nthan stated", ha="right", color=QUIET)
    axis.set(xlim=(0, 1), ylim=(0, 1), ylabel="share of right answers")
    axis.grid(color=GRID)


def draw_rows(axis: Axes, bins: Sequence[ReliabilityBin]) -> None:
    """Draw how many rows each share stands on."""
    stated, rows = [each.stated for each in bins], [each.rows for each in bins]
    axis.bar(stated, rows, width=0.04, color=QUIET)
    for each in bins:
        axis.annotate(
            f"{each.rows:,}",
            (each.stated, each.rows),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=7,
        )
    axis.set(ylim=(0, 1.35 * max(rows)), yticks=[], ylabel="rows")
    axis.set_xlabel("stated probability of the first diagnosis")
    axis.spines["left"].set_visible(False)
