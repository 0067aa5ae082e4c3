"""Lines over rounds or runs, with their names at their ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from server.dashboard.figures.beginning import SMALL
from shared.pages.drawing import INK, QUIET, SERIES, Drawing

Place = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One line of a figure.

    Attributes
    ----------
    name : str
    points : sequence of (float, float)
        In the order of x.
    bounds : sequence of (float, float)
        Interval of each point; may be empty.
    marks : set of int
        Places of points that stand out.
    """

    name: str
    points: Sequence[tuple[float, float]]
    bounds: Sequence[tuple[float, float]] = ()
    marks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Axes:
    """What a figure of lines measures.

    Attributes
    ----------
    x_ticks, y_ticks : sequence of (float, str)
        Where lines of the grid are, and what they say.
    x_title, y_title : str
    """

    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    x_title: str
    y_title: str


def lines(drawing: Drawing, axes: Axes, found: Sequence[Line], width: float = 640.0) -> Markup:
    """Draw lines with their names at their ends, and their intervals as bands."""
    names = max((len(each.name) for each in found), default=0) * 6.6 + 14
    left, top, height = 44.0, 24.0, 190.0
    right = width - names
    drawing.width, drawing.height = width, top + height + 40
    x_low, x_high = axes.x_ticks[0][0], axes.x_ticks[-1][0]
    y_low, y_high = axes.y_ticks[0][0], axes.y_ticks[-1][0]

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / ((x_high - x_low) or 1)
        up = (y - y_low) / ((y_high - y_low) or 1)
        return left + across * (right - left), top + (1 - up) * height

    _grid(drawing, axes, place, left, right)
    ends: list[tuple[float, str]] = []
    for number, each in enumerate(found):
        colour = SERIES[number % len(SERIES)]
        placed = [place(*point) for point in each.points]
        if each.bounds:
            xs = [x for x, _ in each.points]
            upper = [place(x, bound[1]) for x, bound in zip(xs, each.bounds, strict=True)]
            lower = [place(x, bound[0]) for x, bound in zip(xs, each.bounds, strict=True)]
            drawing.path([*upper, *reversed(lower)], fill=colour, opacity=0.14)
        drawing.path(placed, colour=colour, width=1.8)
        for position, (x, y) in enumerate(placed):
            if position in each.marks or len(placed) == 1:
                drawing.dot(x, y, colour)
        if placed:
            x, y = placed[-1]
            drawing.dot(x, y, colour)
            ends.append((y, each.name))
    for y, name in _apart(ends, top + height):
        drawing.text(right + 10, y + 4, name, colour=INK, size=SMALL)
    return drawing.markup()


def _grid(drawing: Drawing, axes: Axes, place: Place, left: float, right: float) -> None:
    bottom = drawing.height - 40
    drawing.text(0, 12, axes.y_title, colour=QUIET, size=SMALL)
    for value, text in axes.y_ticks:
        _, y = place(axes.x_ticks[0][0], value)
        drawing.line(left, y, right, y)
        drawing.text(left - 6, y + 4, text, anchor="end", colour=QUIET, size=SMALL)
    for value, text in axes.x_ticks:
        x, _ = place(value, axes.y_ticks[0][0])
        drawing.text(x, bottom + 16, text, anchor="middle", colour=QUIET, size=SMALL)
    drawing.text(right, bottom + 34, axes.x_title, anchor="end", colour=QUIET, size=SMALL)


def _apart(ends: Sequence[tuple[float, str]], bottom: float) -> list[tuple[float, str]]:
    """Return heights for labels, in the order of their lines' ends, that cover no other one."""
    found: list[tuple[float, str]] = []
    for y, name in sorted(ends):
        found.append((max(y, found[-1][0] + 13) if found else y, name))
    too_low = max(0.0, found[-1][0] - bottom) if found else 0.0
    return [(y - too_low, name) for y, name in found]
