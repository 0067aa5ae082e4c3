"""Recall of classes by how many training cases all hospitals have together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from server.comparison_table import WAYS
from simulations.experiments.figures.drawing import NAMES, name_ends, panels
from simulations.experiments.repetition import RECALL
from simulations.figures import COLOURS, LABELS, SHAPES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EDGES = (0, 10, 20, 50, 100, 300, 1000, 3000)
FEWEST_CLASSES = 4
TICKS = tuple(factor * 10**power for power in range(6) for factor in (1, 3))


def draw_rarity(path: Path, table: pd.DataFrame) -> bool:
    """Draw a panel per model of the first variant: mean recall over classes of like rarity.

    Each class is a faint dot: its mean over seeds and places of the grid.

    Returns
    -------
    bool
        False where there are too few classes to tell rare from common.
    """
    recalls = table[(table["measure"] == RECALL) & (table["variant"] == table["variant"].iloc[0])]
    if recalls["class"].nunique() < FEWEST_CLASSES:
        return False
    models = list(dict.fromkeys(recalls["model"]))
    with panels(path, [NAMES[model] for model in models]) as axes:
        for axis, model in zip(axes, models, strict=True):
            rows = recalls[recalls["model"] == model]
            ends = []
            for way in WAYS:
                of_way = rows[rows["trained"] == way]
                if of_way.empty:
                    continue
                classes = of_way.groupby("class")[["training_cases", "value"]].mean()
                x, mean = _binned(classes)
                cases = classes["training_cases"].to_numpy(float)
                shown = np.maximum(cases, 0.5)
                axis.plot(shown, classes["value"], ".", color=COLOURS[way], alpha=0.25)
                axis.plot(x, mean, SHAPES[way] + "-", color=COLOURS[way], linewidth=1.5)
                ends.append((x[-1], mean[-1], LABELS[way], COLOURS[way]))
            axis.set_xscale("log")
            _lay_out(axis)
            axis.set_ylim(-0.03, 1.03)
            axis.set_xlabel("training cases in all hospitals")
            name_ends(axis, ends)
        axes[0].set_ylabel("recall")
    return True


def _lay_out(axis: Axes) -> None:
    low, high = axis.get_xlim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axis.minorticks_off()
    axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])


def _binned(classes: pd.DataFrame) -> tuple[list[float], list[float]]:
    bins = np.digitize(classes["training_cases"].to_numpy(float), EDGES)
    x, mean = [], []
    for each in sorted(set(bins)):
        inside = classes[bins == each]
        x.append(float(np.exp(np.log(np.maximum(inside["training_cases"], 0.5)).mean())))
        mean.append(float(inside["value"].mean()))
    return x, mean
