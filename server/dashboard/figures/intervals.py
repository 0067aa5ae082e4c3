"""Shares with their intervals, rows below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from server.dashboard.figures.beginning import SMALL
from shared.pages.drawing import INK, QUIET, SERIES, Drawing, fitted, width_of


@dataclass(frozen=True)
class Dot:
    """A share with its interval.

    Attributes
    ----------
    value, low, high : float
    text : str
        What stands beside it.
    """

    value: float
    low: float
    high: float
    text: str = ""


def intervals(
    drawing: Drawing,
    rows: Sequence[tuple[str, Sequence[Dot | None]]],
    series: Sequence[str],
    ticks: Sequence[tuple[float, str]],
    width: float = 640.0,
) -> Markup:
    """Draw dots with their intervals: rows below each other, series in each row.

    Parameters
    ----------
    series : sequence of str
        What the first, second, ... dot of each row is; named once, above the first row.
    """
    left = min(max((width_of(name) for name, _ in rows), default=30) + 14, width * 0.42)
    right, top, step = width - 118, 40.0, 15.0
    room = step * len(series) + 11
    drawing.width, drawing.height = width, top + room * len(rows) + 24
    low, high = ticks[0][0], ticks[-1][0]

    def place(value: float) -> float:
        return left + (min(max(value, low), high) - low) / ((high - low) or 1) * (right - left)

    offset = 0.0
    for number, name in enumerate(series):
        colour = SERIES[number % len(SERIES)]
        drawing.dot(left + offset + 4, 12, colour, radius=4)
        drawing.text(left + offset + 13, 16, name, size=SMALL, colour=INK)
        offset += len(name) * 6.4 + 34
    for value, text in ticks:
        drawing.line(place(value), top - 8, place(value), drawing.height - 20)
        y = drawing.height - 5
        drawing.text(place(value), y, text, anchor="middle", size=SMALL, colour=QUIET)
    for place_of_row, (name, dots) in enumerate(rows):
        y = top + place_of_row * room
        label = fitted(name, left - 12)
        drawing.text(left - 10, y + step * len(series) / 2 + 3, label, anchor="end")
        for number, dot in enumerate(dots):
            level = y + step * (number + 0.5)
            if dot is None:
                continue
            colour = SERIES[number % len(SERIES)]
            drawing.line(place(dot.low), level, place(dot.high), level, colour=colour, width=2)
            drawing.dot(place(dot.value), level, colour, radius=4)
            drawing.text(right + 8, level + 4, dot.text, size=SMALL, colour=INK)
    return drawing.markup()
