"""The dashboard's figures: as those of reports, drawn in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from server.dashboard.watches import DriftLevel
from shared.pages.drawing import BLUE, INK, QUIET, SERIES, VERMILION, Drawing, fitted, width_of
from shared.pages.words import Words

SMALL = 11.0


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


def figure(name: str, title: str, description: str) -> Drawing:
    """Begin a figure in the reader's language."""
    return Drawing(name, Words.same(title), Words.same(description))


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


def _grid(drawing: Drawing, axes: Axes, place: object, left: float, right: float) -> None:
    bottom = drawing.height - 40
    drawing.text(0, 12, axes.y_title, colour=QUIET, size=SMALL)
    for value, text in axes.y_ticks:
        _, y = place(axes.x_ticks[0][0], value)  # type: ignore[operator]
        drawing.line(left, y, right, y)
        drawing.text(left - 6, y + 4, text, anchor="end", colour=QUIET, size=SMALL)
    for value, text in axes.x_ticks:
        x, _ = place(value, axes.y_ticks[0][0])  # type: ignore[operator]
        drawing.text(x, bottom + 16, text, anchor="middle", colour=QUIET, size=SMALL)
    drawing.text(right, bottom + 34, axes.x_title, anchor="end", colour=QUIET, size=SMALL)


def _apart(ends: Sequence[tuple[float, str]], bottom: float) -> list[tuple[float, str]]:
    """Return heights for labels, in the order of their lines' ends, that cover no other one."""
    found: list[tuple[float, str]] = []
    for y, name in sorted(ends):
        found.append((max(y, found[-1][0] + 13) if found else y, name))
    too_low = max(0.0, found[-1][0] - bottom) if found else 0.0
    return [(y - too_low, name) for y, name in found]


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


def sparkline(levels: Sequence[DriftLevel | None], label: str) -> Markup:
    """Draw drift over time as small as a word; days with an alarm have a mark at the foot."""
    width, height = 120.0, 28.0
    step = (width - 4) / max(len(levels) - 1, 1)
    course, pen, marks = "", "M", ""
    for place, each in enumerate(levels):
        if each is None:
            pen = "M"
            continue
        x, y = 2 + place * step, 3 + (height - 8) * (1 - shade(each.score))
        course += f"{pen}{x:.1f} {y:.1f}"
        pen = "L"
        if each.is_alarm:
            marks += f'<rect x="{x - 1:.1f}" y="{height - 4:.0f}" width="2.2" height="4"/>'
    text = (
        f'<svg class="spark" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f'<line x1="0" y1="{height - 5:.0f}" x2="{width:.0f}" y2="{height - 5:.0f}"/>'
        f'<path d="{course}"/>{marks}</svg>'
    )
    return Markup(text)  # noqa: S704 - numbers, and a label that is escaped


@dataclass(frozen=True)
class HeatCell:
    """One cell of a map over time.

    Attributes
    ----------
    score : float
        From 0 to 1.
    is_alarm, is_known : bool
    tip : str
    """

    score: float
    is_alarm: bool
    is_known: bool
    tip: str


def shade(score: float) -> float:
    """Return how strong a cell's colour is: 0.25 bits and more are full."""
    return min(score / 0.25, 1.0)


def heat_over_time(
    drawing: Drawing,
    rows: Sequence[tuple[str, Sequence[HeatCell | None]]],
    days: Sequence[str],
    width: float = 960.0,
) -> Markup:
    """Draw a cell for each row and watch; alarms are told by a mark and by colour."""
    left = min(max((width_of(name) for name, _ in rows), default=30) + 14, width * 0.3)
    cell = max(min((width - left) / max(len(days), 1), 22.0), 6.0)
    height, top = 20.0, 8.0
    drawing.width, drawing.height = left + cell * len(days) + 4, top + height * len(rows) + 26
    for place, (name, cells) in enumerate(rows):
        y = top + place * height
        drawing.text(left - 8, y + 14, fitted(name, left - 10), anchor="end")
        for position, each in enumerate(cells):
            x = left + position * cell
            if each is None:
                continue
            if not each.is_known:
                drawing.line(x + 1, y + 10, x + cell - 1, y + 10, colour=QUIET)
                continue
            colour = VERMILION if each.is_alarm else BLUE
            strength = 0.06 + 0.86 * shade(each.score)
            drawing.box(
                x, y + 1, cell - 1, height - 2, colour, opacity=strength, tip=Words.same(each.tip)
            )
            if each.is_alarm:
                drawing.box(x, y + height - 4, cell - 1, 3, VERMILION)
    step = max(len(days) // 6, 1)
    for position in range(0, len(days), step):
        x = left + position * cell + cell / 2
        y = drawing.height - 8
        drawing.text(x, y, days[position], anchor="middle", size=SMALL, colour=QUIET)
    return drawing.markup()
