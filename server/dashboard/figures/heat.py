"""A map over time: a cell for each row and watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from server.dashboard.figures.beginning import SMALL, shade
from shared.pages.drawing import BLUE, QUIET, VERMILION, Drawing, fitted, width_of
from shared.pages.words import Words


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
