"""Hospitals and features over time, as a figure."""

from __future__ import annotations

from collections.abc import Sequence

from server.watch.overview import MARKS, SHAPES, Mark, Row, Spot
from shared.pages.charts import SMALL, label_width
from shared.pages.drawing import BLUE, INK, LINE, ORANGE, PAPER, QUIET, VERMILION, Drawing, fitted
from shared.pages.words import Catalogue, Text, joined
from shared.watch.verdict import FEDERATION
from shared.watch.watch import Watch

_CELL, _ROW, _HEAD, _GAP = 84.0, 24.0, 46.0, 34.0
_PURPLE = "#CC79A7"
# Okabe and Ito's, as strong as their words are readable on them in light and dark.
_FILLS: dict[Mark, tuple[str, float]] = {
    "feed": (VERMILION, 0.55),
    "fallen": (_PURPLE, 0.55),
    "moved": (ORANGE, 0.5),
    "steady": (BLUE, 0.08),
    "few": (PAPER, 1.0),
    "absent": (PAPER, 1.0),
}


def heat_map(rows: Sequence[Row], history: Sequence[Watch], say: Catalogue) -> Drawing:
    """Draw a cell for each thing and watch, with its shape and its word."""
    labels: list[Text] = [each.label(say) for each in rows]
    left = label_width(labels) + 16
    hospitals = list(dict.fromkeys(each.hospital for each in rows))
    drawing = Drawing(
        "drift",
        say("figure.title"),
        say("figure.description", count=len(history)),
        left + _CELL * max(len(history), 1) + 8,
        _HEAD + _ROW * len(rows) + _GAP * len(hospitals),
    )
    y = 0.0
    for hospital in hospitals:
        name = say("federation") if hospital == FEDERATION else hospital
        drawing.text(0, y + 22, name, weight=600, size=13)
        for place, watch in enumerate(history):
            middle = left + _CELL * (place + 0.5)
            day = watch.made[:10]
            drawing.text(middle, y + 22, day, anchor="middle", colour=QUIET, size=SMALL)
        y += _GAP
        for row, label in zip(rows, labels, strict=True):
            if row.hospital != hospital:
                continue
            text = fitted(label, left - 12)
            drawing.text(left - 8, y + 16, text, anchor="end")
            for place, spot in enumerate(row.spots):
                _cell(drawing, left + _CELL * place, y, spot, say)
            y += _ROW
    return drawing


def _cell(drawing: Drawing, x: float, y: float, spot: Spot, say: Catalogue) -> None:
    fill, strength = _FILLS[spot.mark]
    if spot.mark == "steady":
        # Not yet an alarm, but how far from none.
        strength += min(spot.score, 0.1) * 2.5
    tip = spot.verdict.sentence if spot.verdict else say("mark.absent")
    drawing.box(x + 1, y + 1, _CELL - 2, _ROW - 2, fill, opacity=strength, stroke=LINE, tip=tip)
    shape, word = SHAPES[spot.mark], say(f"mark.{spot.mark}")
    colour = QUIET if spot.mark in ("steady", "few", "absent") else INK
    weight = 400 if spot.mark in ("steady", "few", "absent") else 600
    drawing.text(
        x + _CELL / 2,
        y + 16,
        joined([shape, word], " "),
        anchor="middle",
        size=SMALL,
        colour=colour,
        weight=weight,
    )


def legend(say: Catalogue) -> list[Text]:
    """Return what each mark means."""
    return [
        joined([SHAPES[each], say(f"mark.{each}"), "\N{EN DASH}", say(f"meaning.{each}")], " ")
        for each in MARKS
    ]
