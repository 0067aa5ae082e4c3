"""Figures: one look for the demonstration, reports and docs.

Direct labels instead of legends, the colours of Okabe and Ito (safe for colour-blind readers), and
a shape for each way of training, so that a black-and-white print reads the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.card import HUMAN_NAMES
from server.comparison_table import (
    MEAN,
    Headline,
    mean_over_patients,
    of_hospital,
    ways_known,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"local": "#0072B2", "federated": "#D55E00", "pooled": "#000000"}
SHAPES = {"local": "o", "federated": "D", "pooled": "|"}
LABELS = {"local": "alone", "federated": "federated", "pooled": "pooled"}


def comparison_figure(result: Mapping[str, Any], lead: Headline, title: str, path: Path) -> None:
    """Draw, for each model and hospital, what each way of training gives; write SVG or PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 10, "svg.hashsalt": "juntos", "font.family": "DejaVu Sans"})
    models = result["models"]
    figure, axes = plt.subplots(
        1, len(models), figsize=(4.2 * len(models), 3.6), sharex=True, sharey=True, squeeze=False
    )
    hospitals = [hospital["name"] for hospital in result["hospitals"]]
    for position, (axis, (name, ways)) in enumerate(zip(axes[0], models.items(), strict=True)):
        draw_model(axis, ways, hospitals, lead, label=position == 0)
        axis.set_title(HUMAN_NAMES[name], loc="left", fontsize=11)
    axes[0][0].set_yticks(range(len(hospitals) + 1), [*hospitals, MEAN])
    axes[0][0].invert_yaxis()
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    figure.supxlabel(lead.words, fontsize=10)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def draw_model(
    axis: Axes, ways: Mapping[str, Any], hospitals: list[str], lead: Headline, *, label: bool
) -> None:
    """Draw one model's panel: a row per hospital, a mark per way of training."""
    rows = [row_values(ways, hospital, lead) for hospital in [*hospitals, None]]
    for row, values in enumerate(rows):
        draw_row(axis, row, values)
    if label:
        # Where the marks are furthest apart, their names have the most room.
        widest = max(range(len(rows)), key=lambda row: spread(rows[row]))
        name_marks(axis, widest, rows[widest])
    axis.axhline(len(hospitals) - 0.5, color="0.8", linewidth=0.8)
    axis.grid(axis="x", color="0.92")
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)


def row_values(ways: Mapping[str, Any], hospital: str | None, lead: Headline) -> dict[str, float]:
    """Return the figure of each way of training; of the mean over patients without a hospital."""
    found = {
        way: mean_over_patients(ways[way], lead)
        if hospital is None
        else of_hospital(ways[way], hospital, lead)
        for way in ways_known(ways)
    }
    return {way: value for way, value in found.items() if value is not None}


def spread(values: Mapping[str, float]) -> float:
    """Return how far apart the marks of a row are."""
    return max(values.values()) - min(values.values()) if values else 0.0


def draw_row(axis: Axes, row: int, values: Mapping[str, float]) -> None:
    """Draw the marks of one hospital, joined by a line."""
    if values:
        axis.hlines(row, min(values.values()), max(values.values()), color="0.75", linewidth=1.5)
    for way, value in values.items():
        axis.plot(
            value,
            row,
            SHAPES[way],
            color=COLOURS[way],
            markersize=13 if way == "pooled" else 7,
            markeredgewidth=2 if way == "pooled" else 1,
        )


def name_marks(axis: Axes, row: int, values: Mapping[str, float]) -> None:
    """Write each way's name above its mark, spread out where marks are close."""
    for position, (way, value) in enumerate(sorted(values.items(), key=lambda each: each[1])):
        axis.annotate(
            LABELS[way],
            (value, row),
            xytext=((position - 1) * 22, 15),
            textcoords="offset points",
            ha="center",
            color=COLOURS[way],
            fontsize=9,
            arrowprops={"arrowstyle": "-", "color": COLOURS[way], "linewidth": 0.6},
        )
