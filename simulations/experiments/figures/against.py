"""The headline figure against a number that the grid varies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from server.comparison_table import WAYS, Headline
from simulations.experiments.figures.drawing import DASHES, NAMES, name_ends, panels
from simulations.experiments.repetition import OVERALL
from simulations.experiments.words import place_words
from simulations.figures import COLOURS, LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# From here on the values of a grid are laid out by their ratios.
WIDE = 10.0


def numeric_places(table: pd.DataFrame, places: list[str]) -> list[str]:
    """Return the places of a grid that take two numbers or more."""
    found = []
    for place in places:
        values = table[place].dropna()
        if len(values.unique()) > 1 and all(isinstance(value, float) for value in values):
            found.append(place)
    return found


def draw_against(path: Path, table: pd.DataFrame, place: str, lead: Headline) -> None:
    """Draw a panel per model: a line per way of training and variant, with spread over the rest.

    The spread is the standard deviation over seeds, and over all other places of the grid.
    """
    chosen = table[
        (table["measure"] == lead.metric)
        & (table["level"] == lead.level)
        & (table["hospital"] == OVERALL)
        & table[place].notna()
        & table["value"].notna()
    ]
    models = list(dict.fromkeys(chosen["model"]))
    with panels(path, [NAMES[model] for model in models]) as axes:
        for axis, model in zip(axes, models, strict=True):
            _draw_model(axis, chosen[chosen["model"] == model], place)
            _lay_out(axis, np.sort(chosen[place].astype(float).unique()))
            axis.set_xlabel(place_words(place))
        axes[0].set_ylabel(lead.words)
        for axis, model in zip(axes, models, strict=True):
            name_ends(axis, _ends(chosen[chosen["model"] == model], place))


def _draw_model(axis: Axes, rows: pd.DataFrame, place: str) -> None:
    for dash, (_, of_variant) in zip(_dashes(rows), _by_variant(rows), strict=True):
        for way in WAYS:
            line = _line(of_variant, place, way)
            if line.empty:
                continue
            x, mean = line.index.to_numpy(float), line["mean"].to_numpy(float)
            deviation = line["std"].fillna(0.0).to_numpy(float)
            axis.plot(x, mean, dash, color=COLOURS[way], marker="o", markersize=4, linewidth=1.5)
            axis.fill_between(x, mean - deviation, mean + deviation, color=COLOURS[way], alpha=0.12)


def _ends(rows: pd.DataFrame, place: str) -> list[tuple[float, float, str, str]]:
    several = rows["variant"].nunique() > 1
    found = []
    for variant, of_variant in _by_variant(rows):
        for way in WAYS:
            line = _line(of_variant, place, way)
            if not line.empty:
                text = f"{variant}, {LABELS[way]}" if several else LABELS[way]
                found.append(
                    (float(line.index[-1]), float(line["mean"].iloc[-1]), text, COLOURS[way])
                )
    return found


def _line(rows: pd.DataFrame, place: str, way: str) -> pd.DataFrame:
    chosen = rows[rows["trained"] == way]
    found: pd.DataFrame = chosen.groupby(place)["value"].agg(["mean", "std"]).sort_index()
    return found


def _by_variant(rows: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    return list(rows.groupby("variant", sort=False))


def _dashes(rows: pd.DataFrame) -> list[str]:
    return [DASHES[index % len(DASHES)] for index in range(rows["variant"].nunique())]


def _lay_out(axis: Axes, values: np.ndarray) -> None:
    if values[0] > 0 and values[-1] / values[0] >= WIDE:
        axis.set_xscale("log")
        axis.minorticks_off()
    axis.set_xticks(values, [f"{value:g}" for value in values])
