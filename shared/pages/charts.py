"""The kinds of figures that reports have, each drawn from plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
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
from shared.pages.words import Text

SMALL = 11.0
_LONGEST_LABEL = 230.0
# Wider figures are read by scrolling.
_PAGE = 1020.0
_ROW = 26.0


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


def label_width(labels: Sequence[Text]) -> float:
    """Return how wide labels at the left are, within reason."""
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
    left = label_width(rows) + 10
    width = 44.0 if square else max([58.0, *(min(width_of(each), 110.0) + 12 for each in columns)])
    turned = any(width_of(each) > width - 6 for each in columns)
    top = (label_width(columns) * 0.6 + 18) if turned else 24.0
    drawing.width = left + width * len(columns) + (44 if turned else 4)
    drawing.height = top + _ROW * len(rows) + 4
    for place, name in enumerate(columns):
        x = left + (place + 0.5) * width
        if turned:
            label = fitted(name, _LONGEST_LABEL)
            drawing.text(x - 4, top - 7, label, size=SMALL, turn=-38, colour=INK)
        else:
            drawing.text(x, top - 8, name, anchor="middle", size=SMALL)
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
        x + width / 2, y + _ROW / 2 + 4, cell.text, anchor="middle", size=SMALL, colour=ink
    )


def bar_matrix(
    drawing: Drawing,
    rows: Sequence[Text],
    columns: Sequence[Text],
    cells: Sequence[Sequence[Cell]],
    colours: Sequence[str] | None = None,
) -> Drawing:
    """Draw a bar for each row and column, from zero, on one scale, with its number at the end."""
    left = label_width(rows) + 12
    texts = max((width_of(cell.text, SMALL) for row in cells for cell in row), default=20.0)
    most = max((cell.value or 0.0 for row in cells for cell in row), default=1.0) or 1.0
    room = (_PAGE - left) / max(len(columns), 1) - texts - 18
    bar = min(max(room, 44.0), 110.0)
    lane = max([bar + texts + 18, *(min(width_of(each), 130.0) + 10 for each in columns)])
    drawing.width, drawing.height = left + lane * len(columns), 26 + _ROW * len(rows) + 4
    for place, name in enumerate(columns):
        x = left + place * lane
        drawing.text(x, 14, fitted(name, lane - 8), size=SMALL, weight=600)
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
            drawing.text(x + length + 5, y + _ROW / 2 + 4, cell.text, size=SMALL, colour=quiet)
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
    left = label_width([row.name for row in rows]) + 12
    most = max((max([row.value, *row.dots, row.chance or 0.0]) for row in rows), default=1.0) or 1.0
    texts = max((width_of(row.text, SMALL) for row in rows), default=0.0)
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
        drawing.text(left + furthest + 10, middle + 4, row.text, size=SMALL)
    return drawing
