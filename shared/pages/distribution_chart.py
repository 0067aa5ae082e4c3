"""Distributions one under the other, on one scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.pages.charts import SMALL, label_width
from shared.pages.drawing import BLUE, INK, QUIET, Drawing, fitted, width_of
from shared.pages.words import Text, Words, words

Across = Callable[[float], float]
_PALE, _SOLID = 0.25, 0.6


@dataclass(frozen=True)
class Steps:
    """A distribution: heights between edges.

    Attributes
    ----------
    name, note : str or Words
        At its left, and at its right.
    nothing : str or Words
        What is written where there are no heights.
    edges : sequence of float
        One more than heights.
    heights : sequence of float
        Shares of patients per unit; empty where too few have a value.
    open_low, open_high : bool
        Whether the outermost steps reach further than they are drawn.
    """

    name: Text
    edges: Sequence[float]
    heights: Sequence[float]
    note: Text = ""
    nothing: Text = ""
    colour: str = BLUE
    open_low: bool = False
    open_high: bool = False


def distributions(
    drawing: Drawing,
    rows: Sequence[Steps],
    unit: Text,
    all_of_them: Steps | None = None,
) -> Drawing:
    """Draw distributions one under the other on one scale; that of all as a line over each."""
    known = [row for row in [*rows, all_of_them] if row is not None and row.heights]
    left = min(label_width([row.name for row in rows]) + 12, 132.0)
    notes = max((width_of(row.note, SMALL) for row in rows), default=0.0)
    plot, height = 228.0, 42.0
    drawing.width = left + plot + notes + 14
    drawing.height = 4 + height * len(rows) + 34
    low = min((row.edges[0] for row in known), default=0.0)
    high = max((row.edges[-1] for row in known), default=1.0)
    most = max((max(row.heights) for row in known), default=1.0) or 1.0

    def across(value: float) -> float:
        return left + (value - low) / ((high - low) or 1.0) * plot

    bottom = 4 + height * len(rows)
    for tick in ticks(low, high):
        drawing.line(across(tick), 4, across(tick), bottom)
        drawing.text(
            across(tick), bottom + 14, _tick(tick), anchor="middle", size=SMALL, colour=QUIET
        )
    drawing.text(left + plot / 2, bottom + 29, unit, anchor="middle", size=SMALL, colour=QUIET)
    for place, row in enumerate(rows):
        base = 4 + (place + 1) * height
        drawing.text(left - 10, base - 4, fitted(row.name, left - 12), anchor="end")
        drawing.text(left + plot + 10, base - 4, row.note, size=SMALL, colour=QUIET)
        if row.heights:
            _area(drawing, row, base, (height - 6) / most, across)
        else:
            drawing.text(left + 6, base - 5, row.nothing, size=SMALL, colour=QUIET)
        if all_of_them is not None and row.heights and all_of_them.heights:
            points = _outline(all_of_them, base, (height - 6) / most, across)
            drawing.path(points, colour=INK, width=1.1, dashes="4 2")
        drawing.line(left, base, left + plot, base, colour=QUIET)
    return drawing


def _outline(row: Steps, base: float, scale: float, across: Across) -> list[tuple[float, float]]:
    points = [(across(row.edges[0]), base)]
    for place, height in enumerate(row.heights):
        points += [(across(row.edges[place + each]), base - height * scale) for each in (0, 1)]
    return [*points, (across(row.edges[-1]), base)]


def _area(drawing: Drawing, row: Steps, base: float, scale: float, across: Across) -> None:
    first, last = int(row.open_low), len(row.heights) - int(row.open_high)
    parts = [(0, first, _PALE), (first, last, _SOLID), (last, len(row.heights), _PALE)]
    for begin, end, opacity in parts:
        part = Steps("", row.edges[begin : end + 1], row.heights[begin:end])
        if part.heights:
            drawing.path(_outline(part, base, scale, across), fill=row.colour, opacity=opacity)
    drawing.path(_outline(row, base, scale, across), colour=row.colour, width=1.2)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers within a range, no more than so many steps of them."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [place * step for place in range(first, last + 1)]


def _tick(value: float) -> Words:
    text = f"{value:.6g}".replace("-", "\N{MINUS SIGN}")
    return words(text) if "." not in text else Words(text, text.replace(".", ","))
