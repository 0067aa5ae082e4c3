"""Learning curves: the training loss of each round."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from simulations.experiments.figures.drawing import NAMES, OKABE_ITO, name_ends, panels
from simulations.experiments.repetition import LOSS
from simulations.experiments.words import point_words

# More lines than colours cannot be told apart.
MOST_LINES = len(OKABE_ITO)


def draw_curves(path: Path, table: pd.DataFrame, places: list[str]) -> bool:
    """Draw a panel per model and a line per point, the mean over seeds; false without any loss.

    Where a grid has more points than can be told apart, its points are averaged by variant.
    """
    losses = table[table["measure"] == LOSS]
    # One round is no curve.
    rounds = losses.groupby("model")["round"].transform("nunique")
    losses = losses[rounds > 1]
    if losses.empty:
        return False
    models = list(dict.fromkeys(losses["model"]))
    keys = ["variant", *places]
    if losses.groupby(keys, dropna=False).ngroups > MOST_LINES:
        keys = ["variant"]
    with panels(path, [NAMES[model] for model in models]) as axes:
        for axis, model in zip(axes, models, strict=True):
            ends = []
            lines = losses[losses["model"] == model].groupby(keys, sort=False, dropna=False)
            for colour, (key, rows) in zip(OKABE_ITO * 9, lines, strict=False):
                by_round = rows.groupby("round")["value"].agg(["mean", "std"]).sort_index()
                x, mean = by_round.index.to_numpy(float), by_round["mean"].to_numpy(float)
                spread = by_round["std"].fillna(0.0).to_numpy(float)
                axis.plot(x, mean, color=colour, linewidth=1.5)
                axis.fill_between(x, mean - spread, mean + spread, color=colour, alpha=0.12)
                ends.append((x[-1], mean[-1], _name(keys, key), colour))
            axis.set_xlabel("round")
            name_ends(axis, ends)
        axes[0].set_ylabel("training loss")
    return True


def _name(keys: list[str], values: tuple[object, ...]) -> str:
    variant, *rest = values
    return ", ".join(point_words(str(variant), keys[1:], tuple(rest)))
