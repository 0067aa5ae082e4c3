"""The headline figure of each point, by way of training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from server.comparison_table import Headline
from simulations.experiments.figures.drawing import NAMES, calm, panels
from simulations.experiments.repetition import OVERALL
from simulations.experiments.words import point_words
from simulations.figures import COLOURS, SHAPES, name_marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More lines are a table, not a figure.
MOST_LINES = 30


def draw_points(path: Path, means: pd.DataFrame, places: list[str], lead: Headline) -> bool:
    """Draw a line per point and model, with its spread over seeds; false where there are too many.

    Parameters
    ----------
    means : DataFrame
        As `simulations.experiments.tables.mean_table` returns it.
    places : list of str
        Of the grid.
    """
    overall = means[means["hospital"] == OVERALL]
    keys = ["variant", *places, "model"]
    lines = list(overall.groupby(keys, sort=False, dropna=False))
    if len(lines) > MOST_LINES:
        return False
    with panels(path, [""], height=1.2 + 0.55 * len(lines)) as [axis]:
        for position, (_, group) in enumerate(lines):
            _draw_line(axis, position, group, label=position == 0)
        axis.set_yticks(range(len(lines)), [_name(places, key) for key, _ in lines])
        axis.set_ylim(len(lines) - 0.5, -0.9)
        axis.set_xlabel(lead.words)
        axis.grid(visible=False)
        calm(axis, along="x")
    return True


def _name(places: list[str], key: tuple[object, ...]) -> str:
    variant, *values, model = key
    words = point_words(str(variant), places, tuple(values))
    return ", ".join([*words, NAMES[str(model)].lower()])


def _draw_line(axis: Axes, position: int, group: pd.DataFrame, *, label: bool) -> None:
    offsets = {"local": -0.15, "federated": 0.0, "pooled": 0.15}
    for row in group.to_dict("records"):
        way, mean = str(row["trained"]), float(row["mean"])
        spread = 0.0 if pd.isna(row["std"]) else float(row["std"])
        axis.errorbar(
            mean,
            position + offsets[way],
            xerr=spread,
            fmt=SHAPES[way],
            color=COLOURS[way],
            markersize=6 if way != "pooled" else 10,
            capsize=2,
            linewidth=1,
        )
    if label:
        name_marks(axis, position, dict(zip(group["trained"], group["mean"], strict=True)))
