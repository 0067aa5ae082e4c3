"""The budget as a bar, and how it was spent over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from client.egress_page.content import EgressContent
from client.egress_page.numbers import clock, day, significant
from shared.pages.drawing import BLUE, INK, LINE, QUIET, VERMILION, Drawing, width_of
from shared.pages.words import Catalogue, Words

# At full size, and where a page is narrow: figures are drawn twice, so that texts stay readable.
WIDE, NARROW = 1040.0, 328.0
_BAR = 22.0
_TOP, _HEIGHT, _BOTTOM = 24.0, 170.0, 34.0
_SHORT = timedelta(days=2)


def budget_bar(content: EgressContent, say: Catalogue, width: float) -> Drawing:
    """Draw what is spent of the budget, and what is left."""
    spent, budget = content.epsilon, content.policy.epsilon
    numbers = {"spent": significant(spent), "budget": significant(budget)}
    drawing = Drawing(
        f"budget-{width:.0f}",
        say("figure.budget"),
        say("figure.budget_description", **numbers),
        width,
        _BAR + 44,
    )
    filled = width * min(spent / budget, 1.0)
    drawing.text(0, 14, say("figure.spent", **numbers), weight=600, size=13)
    left = say("figure.left", left=significant(max(budget - spent, 0.0)))
    drawing.text(width, 14, left, anchor="end", colour=QUIET)
    drawing.box(0.5, 22.5, width - 1, _BAR, "none", stroke=QUIET)
    drawing.box(0.5, 22.5, max(filled - 1, 1.0 if spent else 0.0), _BAR, BLUE)
    drawing.text(0, _BAR + 39, "0", colour=QUIET, size=11)
    drawing.text(width, _BAR + 39, significant(budget), anchor="end", colour=QUIET, size=11)
    return drawing


@dataclass(frozen=True)
class _Axes:
    begin: datetime
    end: datetime
    top: float
    left: float
    width: float

    def x(self, time: datetime) -> float:
        share = (time - self.begin) / (self.end - self.begin)
        return self.left + share * (self.width - self.left - 8)

    def y(self, epsilon: float) -> float:
        return _TOP + _HEIGHT * (1 - epsilon / self.top)

    @property
    def floor(self) -> float:
        return _TOP + _HEIGHT


def spending_curve(content: EgressContent, say: Catalogue, width: float) -> Drawing | None:
    """Draw epsilon after each release; None where nothing with a guarantee was released."""
    if not content.curve:
        return None
    axes = _axes(content, width)
    drawing = Drawing(
        f"spending-{width:.0f}",
        say("figure.curve"),
        say("figure.curve_description", spent=significant(content.curve[-1][1])),
        width,
        axes.floor + _BOTTOM,
    )
    _draw_frame(drawing, axes, content, say)
    points = _steps(content.curve, axes)
    drawing.path(
        [*points, (points[-1][0], axes.floor), (points[0][0], axes.floor)], fill=BLUE, opacity=0.15
    )
    drawing.path(points, colour=BLUE, width=2)
    last = axes.x(content.curve[-1][0]), axes.y(content.curve[-1][1])
    drawing.dot(*last, BLUE)
    label = significant(content.curve[-1][1])
    beside = last[0] + 8 + width_of(label) < width
    drawing.text(
        last[0] + (8 if beside else -8),
        last[1] - 8,
        label,
        weight=600,
        anchor="start" if beside else "end",
    )
    for time in content.refusals:
        if axes.begin <= time <= axes.end:
            _draw_cross(drawing, axes.x(time), axes.floor - 7)
    if any(axes.begin <= time <= axes.end for time in content.refusals):
        _draw_cross(drawing, axes.left + 6, 9)
        drawing.text(axes.left + 16, 13, say("figure.refusals"), colour=QUIET, size=11)
    return drawing


def _axes(content: EgressContent, width: float) -> _Axes:
    times = [time for time, _ in content.curve]
    begin, end = times[0], max(times[-1], *content.refusals, times[0] + timedelta(minutes=1))
    margin = (end - begin) * 0.02
    highest = max(epsilon for _, epsilon in content.curve)
    top = max(content.policy.epsilon, highest) * 1.06
    left = width_of(significant(content.policy.epsilon)) + 12
    return _Axes(begin - margin, end + margin, top, left, width)


def _draw_frame(drawing: Drawing, axes: _Axes, content: EgressContent, say: Catalogue) -> None:
    budget = content.policy.epsilon
    right = drawing.width - 8
    for share in (0.0, 0.5, 1.0):
        y = axes.y(budget * share)
        whole = share == 1.0
        drawing.line(
            axes.left, y, right, y, colour=INK if whole else LINE, dashes="6 4" if whole else ""
        )
        drawing.text(
            axes.left - 6, y + 4, significant(budget * share), anchor="end", colour=QUIET, size=11
        )
    drawing.text(right, axes.y(budget) + 15, say("figure.limit"), anchor="end", size=11)
    for time, label in _ticks(axes, say, drawing.width):
        x = axes.x(time)
        drawing.line(x, axes.floor, x, axes.floor + 5, colour=QUIET)
        half = width_of(label, 11.0) / 2
        drawing.text(
            min(max(x, half), drawing.width - half),
            axes.floor + 19,
            label,
            anchor="middle",
            colour=QUIET,
            size=11,
        )


def _ticks(axes: _Axes, say: Catalogue, width: float) -> list[tuple[datetime, Words]]:
    """Return a few times at equal distances; each text once."""
    span = axes.end - axes.begin
    count = 5 if width > 600 else 3
    found: dict[str, tuple[datetime, Words]] = {}
    for index in range(count):
        time = axes.begin + span * index / (count - 1)
        text = clock(time) if span < _SHORT else day(time, say)
        found.setdefault(text.en, (time, text))
    return list(found.values())


def _steps(curve: Sequence[tuple[datetime, float]], axes: _Axes) -> list[tuple[float, float]]:
    """Return a course that stays as it is until the next release, and no longer than it must."""
    points = [(axes.x(axes.begin), axes.y(0.0))]
    for time, epsilon in curve:
        x, y = axes.x(time), axes.y(epsilon)
        before = points[-1]
        # What lies within half a pixel of the last point cannot be seen.
        if x - before[0] < 0.5 and abs(y - before[1]) < 0.5:
            continue
        points += [(x, before[1]), (x, y)]
    end = axes.x(curve[-1][0]), axes.y(curve[-1][1])
    return [*points, (end[0], points[-1][1]), end]


def _draw_cross(drawing: Drawing, x: float, y: float) -> None:
    drawing.line(x - 4, y - 4, x + 4, y + 4, colour=VERMILION, width=2)
    drawing.line(x - 4, y + 4, x + 4, y - 4, colour=VERMILION, width=2)
