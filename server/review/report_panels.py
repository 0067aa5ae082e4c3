"""Panels of a figure: a row per name, and in each a value with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from server.review.report_svg import (
    GRID,
    HARM,
    INK,
    PAGE_WIDTH,
    QUIET,
    SHARED,
    embedded,
    few_ticks,
    house_style,
    new_figure,
    shorten,
)
from server.review.report_words import NO_DATA, is_known, is_known_gain
from server.review.review import Gain, Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Mark:
    """One row of a panel.

    Attributes
    ----------
    low, high : float
        Ends of the bar.
    other : float or None
        A second value, drawn as a ring.
    """

    value: float
    low: float
    high: float
    is_harm: bool = False
    other: float | None = None

    @classmethod
    def of_spread(cls, spread: Spread | None) -> Mark | None:
        """Mark a mean between the lowest and highest value."""
        if spread is None or not is_known(spread.mean):
            return None
        return cls(spread.mean, spread.lowest, spread.highest)

    @classmethod
    def of_gain(cls, gain: Gain | None) -> Mark | None:
        """Mark a gain with its interval."""
        if not is_known_gain(gain):
            return None
        return cls(gain.shared - gain.other, gain.low, gain.high, gain.is_harm)

    @classmethod
    def of_pair(cls, value: float | None, other: float | None) -> Mark | None:
        """Mark two values, joined by a line."""
        if not (is_known(value) and is_known(other)):
            return None
        return cls(value, min(value, other), max(value, other), other=other)


@dataclass(frozen=True)
class Panel:
    """Marks of all rows on one scale.

    Attributes
    ----------
    marks : sequence of Mark or None
        None where there is no data; fewer than rows where the last have no such figure.
    has_zero : bool
        Whether zero, no difference, is on the scale.
    """

    title: str
    label: str
    marks: Sequence[Mark | None]
    has_zero: bool = False


def rows_figure(
    name: str, title: str, rows: Sequence[str], panels: Sequence[Panel], *, has_total: bool
) -> Markup | None:
    """Draw panels side by side, a row per name; None where nothing is known.

    Parameters
    ----------
    has_total : bool
        Whether the last row sums up the others.
    """
    known = [panel for panel in panels if any(panel.marks)]
    if not known:
        return None
    with house_style():
        figure = new_figure(PAGE_WIDTH, 0.95 + 0.27 * len(rows))
        axes = figure.subplots(1, len(known), sharey=True, squeeze=False)[0]
        for axis, panel in zip(axes, known, strict=True):
            draw_panel(axis, panel, total=len(rows) - 1 if has_total else None)
            few_ticks(axis, len(known))
        axes[0].set_yticks(range(len(rows)), [shorten(row) for row in rows])
        axes[0].set_ylim(len(rows) - 0.5, -0.5)
        described = f"{', '.join(panel.title for panel in known)} for {', '.join(rows)}."
        return embedded(figure, name, title, f"{described} The table has the same figures.")


def draw_panel(axis: Axes, panel: Panel, total: int | None) -> None:
    """Draw one panel.

    Parameters
    ----------
    total : int or None
        The row that sums up the others.
    """
    for row, mark in enumerate(panel.marks):
        draw_mark(axis, row, mark, shape="D" if row == total else "o")
    if panel.has_zero:
        axis.axvline(0, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    if total:
        axis.axhline(total - 0.5, color=QUIET, linewidth=0.6)
    axis.set_title(panel.title, loc="left")
    axis.set_xlabel(panel.label)
    axis.grid(axis="x", color=GRID)
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.margins(x=0.08)


def draw_mark(axis: Axes, row: int, mark: Mark | None, shape: str) -> None:
    """Draw a row's bar and dot, or that there is no data."""
    if mark is None:
        middle = axis.get_yaxis_transform()
        axis.text(0.5, row, NO_DATA, transform=middle, ha="center", va="center", color=QUIET)
        return
    colour = HARM if mark.is_harm else SHARED
    axis.hlines(row, mark.low, mark.high, color=colour, linewidth=2)
    if mark.other is not None:
        axis.plot(mark.other, row, "o", color="white", markeredgecolor=INK, markersize=7.5)
    axis.plot(mark.value, row, "v" if mark.is_harm else shape, color=colour, markersize=6)


def gain_panel(title: str, other: str, this: str, gains: Sequence[Gain | None]) -> Panel:
    """Return a forest plot."""
    label = f"← {other} better · {this} better →"
    return Panel(title, label, [Mark.of_gain(gain) for gain in gains], has_zero=True)
