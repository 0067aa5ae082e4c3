"""The kinds of figures that reports have, each drawn from plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.pages.drawing import (
    BLUE,
    INK,
    LINE,
    QUIET,
    VERMILION,
    Drawing,
    fitted,
    width_of,
)
from shared.pages.words import Text, Words, words

Across = Callable[[float], float]

_SMALL = 11.0
_LONGEST_LABEL = 230.0
# Wider figures are read by scrolling.
_PAGE = 1020.0
_ROW = 26.0
_PALE, _SOLID = 0.25, 0.6


@dataclass(frozen=True)
class Cell:
    """One cell of a figure.

    Attributes
    ----------
    value : float or None
        From 0 to 1, or from -1 to 1 where a figure has two directions; None where there is none.
    text : str or Words
    at_least : float or None
        Where the value is the most there can be: the least.
    """

    value: float | None
    text: Text = ""
    at_least: float | None = None


def _label_width(labels: Sequence[Text]) -> float:
    return min(max((width_of(each) for each in labels), default=0.0), _LONGEST_LABEL)


def heat_map(
    drawing: Drawing,
    rows: Sequence[Text],
    columns: Sequence[Text],
    cells: Sequence[Sequence[Cell]],
    *,
    square: bool = False,
) -> Drawing:
    """Draw cells whose shade is their value; the number is in each, so that print reads the same.

    Parameters
    ----------
    square : bool
        Columns are as narrow as rows are high; their names stand upright.
    """
    left = _label_width(rows) + 10
    width = 44.0 if square else max([58.0, *(min(width_of(each), 110.0) + 12 for each in columns)])
    turned = any(width_of(each) > width - 6 for each in columns)
    top = (_label_width(columns) * 0.6 + 18) if turned else 24.0
    drawing.width = left + width * len(columns) + (44 if turned else 4)
    drawing.height = top + _ROW * len(rows) + 4
    for place, name in enumerate(columns):
        x = left + (place + 0.5) * width
        if turned:
            label = fitted(name, _LONGEST_LABEL)
            drawing.text(x - 4, top - 7, label, size=_SMALL, turn=-38, colour=INK)
        else:
            drawing.text(x, top - 8, name, anchor="middle", size=_SMALL)
    for place, (name, row) in enumerate(zip(rows, cells, strict=True)):
        y = top + place * _ROW
        label = fitted(name, left - 10)
        drawing.text(left - 8, y + _ROW / 2 + 4, label, anchor="end")
        for column, cell in enumerate(row):
            _shaded(drawing, left + column * width, y, width, cell)
    return drawing


def _shaded(drawing: Drawing, x: float, y: float, width: float, cell: Cell) -> None:
    if cell.value is None and not cell.text:
        return
    value = cell.value or 0.0
    strength = min(abs(value), 1.0)
    colour = VERMILION if value < 0 else BLUE
    drawing.box(x + 1, y + 1, width - 2, _ROW - 2, "none", stroke=LINE)
    drawing.box(x + 1, y + 1, width - 2, _ROW - 2, colour, opacity=0.92 * strength)
    ink = "#ffffff" if strength > 0.55 else INK if cell.value is not None else QUIET
    drawing.text(
        x + width / 2, y + _ROW / 2 + 4, cell.text, anchor="middle", size=_SMALL, colour=ink
    )


def bar_matrix(
    drawing: Drawing,
    rows: Sequence[Text],
    columns: Sequence[Text],
    cells: Sequence[Sequence[Cell]],
    colours: Sequence[str] | None = None,
) -> Drawing:
    """Draw a bar for each row and column, from zero, on one scale, with its number at the end."""
    left = _label_width(rows) + 12
    texts = max((width_of(cell.text, _SMALL) for row in cells for cell in row), default=20.0)
    most = max((cell.value or 0.0 for row in cells for cell in row), default=1.0) or 1.0
    room = (_PAGE - left) / max(len(columns), 1) - texts - 18
    bar = min(max(room, 44.0), 110.0)
    lane = max([bar + texts + 18, *(min(width_of(each), 130.0) + 10 for each in columns)])
    drawing.width, drawing.height = left + lane * len(columns), 26 + _ROW * len(rows) + 4
    for place, name in enumerate(columns):
        x = left + place * lane
        drawing.text(x, 14, fitted(name, lane - 8), size=_SMALL, weight=600)
        drawing.line(x, 22, x, drawing.height - 4, colour=QUIET)
    for place, (name, row) in enumerate(zip(rows, cells, strict=True)):
        y = 26 + place * _ROW
        drawing.text(left - 10, y + _ROW / 2 + 4, fitted(name, left - 12), anchor="end")
        for column, cell in enumerate(row):
            x, length = left + column * lane, (cell.value or 0.0) / most * bar
            colour = colours[place] if colours else BLUE
            if cell.value and cell.at_least is not None:
                drawing.box(x, y + 5, length, _ROW - 11, colour, opacity=0.2, stroke=colour)
            sure = cell.value if cell.at_least is None else cell.at_least
            if sure:
                drawing.box(x, y + 5, max(sure / most * bar, 1), _ROW - 11, colour, opacity=0.85)
            quiet = QUIET if cell.value is None else INK
            drawing.text(x + length + 5, y + _ROW / 2 + 4, cell.text, size=_SMALL, colour=quiet)
    return drawing


@dataclass(frozen=True)
class Bar:
    """One row of a figure of bars.

    Attributes
    ----------
    chance : float or None
        What there would be by chance alone, drawn as a line across.
    dots : sequence of float
        The same of single hospitals.
    """

    name: Text
    value: float
    text: Text
    chance: float | None = None
    dots: Sequence[float] = ()


def bars(drawing: Drawing, rows: Sequence[Bar]) -> Drawing:
    """Draw values as bars from zero."""
    left = _label_width([row.name for row in rows]) + 12
    most = max((max([row.value, *row.dots, row.chance or 0.0]) for row in rows), default=1.0) or 1.0
    texts = max((width_of(row.text, _SMALL) for row in rows), default=0.0)
    length = 330.0
    drawing.width, drawing.height = left + length + texts + 22, 6 + _ROW * len(rows) + 4
    drawing.line(left, 2, left, drawing.height - 2, colour=QUIET)
    for place, row in enumerate(rows):
        y = 6 + place * _ROW
        middle = y + _ROW / 2
        drawing.text(left - 10, middle + 4, fitted(row.name, left - 12), anchor="end")
        drawing.box(left, y + 5, row.value / most * length, _ROW - 11, BLUE, opacity=0.8)
        for dot in row.dots:
            drawing.dot(left + dot / most * length, middle, INK)
        if row.chance is not None:
            x = left + row.chance / most * length
            drawing.line(x, y + 2, x, y + _ROW - 3, colour=VERMILION, width=2, dashes="3 2")
        furthest = max([row.value, *row.dots, row.chance or 0.0]) / most * length
        drawing.text(left + furthest + 10, middle + 4, row.text, size=_SMALL)
    return drawing


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
    left = min(_label_width([row.name for row in rows]) + 12, 132.0)
    notes = max((width_of(row.note, _SMALL) for row in rows), default=0.0)
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
            across(tick), bottom + 14, _tick(tick), anchor="middle", size=_SMALL, colour=QUIET
        )
    drawing.text(left + plot / 2, bottom + 29, unit, anchor="middle", size=_SMALL, colour=QUIET)
    for place, row in enumerate(rows):
        base = 4 + (place + 1) * height
        drawing.text(left - 10, base - 4, fitted(row.name, left - 12), anchor="end")
        drawing.text(left + plot + 10, base - 4, row.note, size=_SMALL, colour=QUIET)
        if row.heights:
            _area(drawing, row, base, (height - 6) / most, across)
        else:
            drawing.text(left + 6, base - 5, row.nothing, size=_SMALL, colour=QUIET)
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
