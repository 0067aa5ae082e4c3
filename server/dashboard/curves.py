"""Figures of how models learned, and of how well they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from server.dashboard.figures.beginning import figure
from server.dashboard.figures.intervals import Dot, intervals
from server.dashboard.figures.lines import Axes, Line, lines
from server.dashboard.runs import Figures, RunLine
from server.dashboard.wording import Wording
from server.rounds import RoundRecord
from shared.contract import Contract

MOST_CURVES = 5


def loss_curves(
    runs: Mapping[str, Sequence[RoundRecord]], wording: Wording, name: str = "loss"
) -> Markup | None:
    """Draw the mean training loss by round, a line for each run; None where none was told."""
    found = []
    for run, records in runs.items():
        points = [(each.number, each.loss) for each in records if each.loss is not None]
        last = dict(points)
        if last:
            found.append(Line(run, [(float(number), loss) for number, loss in last.items()]))
    if not found:
        return None
    say = wording.words
    highest = max(loss for line in found for _, loss in line.points)
    longest = int(max(number for line in found for number, _ in line.points))
    first = int(min(number for line in found for number, _ in line.points))
    axes = Axes(
        x_ticks=[(float(each), str(each)) for each in _whole_ticks(first, max(longest, first + 1))],
        y_ticks=[(each, say.number(each, 1)) for each in _ticks_to(highest)],
        x_title=say("figure.round"),
        y_title=say("figure.loss"),
    )
    drawing = figure(name, say("figure.loss_title"), say("figure.loss_description"))
    return lines(drawing, axes, found)


def accuracy_over_runs(runs: Sequence[RunLine], wording: Wording) -> Markup | None:
    """Draw the share of right answers with its interval, run by run, for each kind of model.

    Parameters
    ----------
    runs : sequence of RunLine
        The oldest first.
    """
    say = wording.words
    shown = [each for each in runs if each.figures is not None]
    if len(shown) < 2:
        return None
    found = []
    kinds = dict.fromkeys(each.figures.model for each in shown if each.figures)
    lows, highs = [], []
    for kind in kinds:
        points, bounds = [], []
        for place, each in enumerate(shown):
            figures = each.figures
            if figures is None or figures.model != kind or figures.accuracy is None:
                continue
            interval = wording.bounds(figures.accuracy, figures.rows)
            if interval is None:
                continue
            points.append((float(place), figures.accuracy))
            bounds.append(interval)
        lows += [low for low, _ in bounds]
        highs += [high for _, high in bounds]
        if points:
            found.append(Line(wording.model(kind), points, bounds))
    ticks = _share_ticks(min(lows), max(highs))
    step = max(len(shown) // 6, 1)
    chosen = sorted({*range(0, len(shown), step), len(shown) - 1})
    axes = Axes(
        x_ticks=[(float(each), shown[each].run.id.removeprefix("run-")) for each in chosen],
        y_ticks=[(each, f"{wording.points(each, 0)}%") for each in ticks],
        x_title=say("figure.run"),
        y_title=say("figure.accuracy"),
    )
    drawing = figure("accuracy", say("figure.accuracy_title"), say("figure.accuracy_description"))
    return lines(drawing, axes, found)


def by_hospital(figures: Figures, wording: Wording) -> Markup | None:
    """Draw the share of right answers at each hospital: the shared model, and its own alone."""
    rows = [
        (name, [_dot(each, wording), _dot(figures.alone_by_hospital.get(name), wording)])
        for name, each in figures.by_hospital.items()
    ]
    rows = [row for row in rows if row[1][0] is not None]
    if not rows:
        return None
    say = wording.words
    series = [say("figure.together")]
    if any(row[1][1] for row in rows):
        series.append(say("figure.alone"))
    else:
        rows = [(name, dots[:1]) for name, dots in rows]
    drawing = figure("hospitals-figure", say("figure.hospitals_title"), say("figure.intervals"))
    return intervals(drawing, rows, series, _ticks_of(rows, wording))


def by_class(figures: Figures, contract: Contract, wording: Wording) -> Markup | None:
    """Draw the recall of each class with its interval."""
    rows = []
    for code, each in figures.overall["by_class"].items():
        dot = _share_dot(each["recall"], int(each["rows"]), wording)
        if dot is not None:
            rows.append((class_name(contract, code), [dot]))
    if not rows:
        return None
    say = wording.words
    drawing = figure("classes-figure", say("figure.classes_title"), say("figure.intervals"))
    ticks = [(each / 4, f"{25 * each}%") for each in range(5)]
    return intervals(drawing, rows, [say("figure.recall")], ticks)


def class_name(contract: Contract, code: str) -> str:
    """Return what a class is called; its code where the contract has changed since."""
    found = contract.classes.get(code)
    return found.name if found else code


def _dot(figures: Mapping[str, Any] | None, wording: Wording) -> Dot | None:
    return _share_dot(figures["accuracy"], int(figures["rows"]), wording) if figures else None


def _share_dot(share: float | None, rows: int, wording: Wording) -> Dot | None:
    bounds = wording.bounds(share, rows)
    if share is None or bounds is None:
        return None
    return Dot(share, *bounds, wording.with_interval(share, rows))


def _ticks_of(
    rows: Sequence[tuple[str, Sequence[Dot | None]]], wording: Wording
) -> list[tuple[float, str]]:
    dots = [dot for _, of_row in rows for dot in of_row if dot is not None]
    found = _share_ticks(min(each.low for each in dots), max(each.high for each in dots))
    return [(each, f"{wording.points(each, 0)}%") for each in found]


def _share_ticks(low: float, high: float) -> list[float]:
    """Return tenths around some shares, at least two."""
    first, last = int(low * 10), min(int(high * 10) + 1, 10)
    return [each / 10 for each in range(first, max(last, first + 1) + 1)]


def _ticks_to(highest: float) -> list[float]:
    """Return some ticks from zero to at least a value."""
    step = next(each for each in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 1e9) if highest / each <= 5)
    return [step * each for each in range(int(highest / step) + 2)]


def _whole_ticks(first: int, last: int) -> list[int]:
    step = max((last - first) // 8, 1)
    return sorted({*range(first, last + 1, step), last})
