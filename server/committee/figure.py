"""The figure of a committee's page: shares with their intervals, hospital by hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.committee.shares import Share
from shared.pages.charts import SMALL, label_width
from shared.pages.drawing import BLUE, LINE, ORANGE, QUIET, Drawing, fitted
from shared.pages.words import Catalogue, Text, Words, decimal

_ROW, _WIDTH, _SCALE = 38.0, 520.0, (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Pair:
    """One row: the shared model, and the hospital's own where there is one."""

    name: Text
    shared: Share
    own: Share


def pairs_figure(name: str, title: Words, pairs: Sequence[Pair], say: Catalogue) -> Drawing:
    """Draw both shares of each row on one scale from 0 to 100, each with its interval."""
    drawing = Drawing(name, title, say("figure.description"))
    left = label_width([each.name for each in pairs]) + 14
    has_own = any(each.own.value is not None for each in pairs)
    drawing.width, drawing.height = left + _WIDTH + 130, 22 + _ROW * len(pairs) + 26
    bottom = drawing.height - 24
    for tick in _SCALE:
        x = left + tick * _WIDTH
        drawing.line(x, 18, x, bottom, colour=LINE)
        drawing.text(x, drawing.height - 8, decimal(100 * tick, 0), anchor="middle", size=SMALL)
    for place, pair in enumerate(pairs):
        middle = 22 + (place + 0.5) * _ROW
        drawing.text(left - 12, middle + 4, fitted(pair.name, left - 14), anchor="end")
        offset = 7.0 if has_own else 0.0
        _mark(drawing, left, middle - offset, pair.shared, BLUE, 4.5)
        if has_own:
            _mark(drawing, left, middle + offset, pair.own, ORANGE, 3.5, dashes="4 3")
        if place == 0:
            _label(drawing, left, middle - offset, pair.shared, say("figure.shared"))
            if has_own:
                _label(drawing, left, middle + offset, pair.own, say("figure.own"))
    return drawing


def _mark(
    drawing: Drawing,
    left: float,
    y: float,
    share: Share,
    colour: str,
    radius: float,
    dashes: str = "",
) -> None:
    if share.value is None or share.bounds is None:
        return
    low, high = (left + each * _WIDTH for each in share.bounds)
    drawing.line(low, y, high, y, colour=colour, width=2, dashes=dashes)
    drawing.dot(left + share.value * _WIDTH, y, colour, radius=radius)


def _label(drawing: Drawing, left: float, y: float, share: Share, text: Words) -> None:
    if share.bounds is not None:
        end = left + share.bounds[1] * _WIDTH
        drawing.text(end + 8, y + 4, text, size=SMALL, colour=QUIET)
