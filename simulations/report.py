"""The report of an experiment: one HTML file with its figure, and the figure as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from server.card import HUMAN_NAMES
from server.comparison_table import WAYS, Headline
from simulations.figures import COLOURS, LABELS, SHAPES
from simulations.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_report(
    out: Path,
    scenario: Scenario,
    patients: Mapping[str, int],
    means: pd.DataFrame,
    table: pd.DataFrame,
    lead: Headline,
) -> None:
    """Write ``figure.svg`` and ``report.html``."""
    draw(out / "figure.svg", means, lead)
    environment = Environment(
        loader=PackageLoader("simulations", "templates"), autoescape=select_autoescape()
    )
    page = environment.get_template("report.html").render(
        scenario=scenario,
        patients=patients,
        lead=lead,
        rows=report_rows(means),
        ways=WAYS,
        names=HUMAN_NAMES,
        repetitions=len(scenario.seeds),
        figures=len(table),
        version=version("juntos"),
        # Drawn here from numbers alone, so it is safe to stand in the page as it is.
        figure=Markup(svg_body((out / "figure.svg").read_text(encoding="utf-8"))),  # noqa: S704
    )
    (out / "report.html").write_text(page, encoding="utf-8")


def svg_body(text: str) -> str:
    """Return an SVG without the declarations that only a file of its own may have."""
    return text[text.index("<svg") :]


def report_rows(means: pd.DataFrame) -> list[dict[str, object]]:
    """Return one row per variant, model and hospital with the text of each way's cell."""
    rows = []
    for (variant, model, hospital), group in means.groupby(
        ["variant", "model", "hospital"], sort=False
    ):
        by_way = group.set_index("trained")
        cells = {
            way: cell(float(by_way["mean"][way]), float(by_way["std"][way]))
            for way in WAYS
            if way in by_way.index
        }
        rows.append({"variant": variant, "model": model, "hospital": hospital, "cells": cells})
    return rows


def cell(mean: float, deviation: float) -> str:
    """Write a mean with its standard deviation over seeds."""
    if pd.isna(mean):
        return "no data"
    return f"{mean:.3f}" if pd.isna(deviation) else f"{mean:.3f} ± {deviation:.3f}"


def draw(path: Path, means: pd.DataFrame, lead: Headline) -> None:
    """Draw each variant's figure over all hospitals, with its spread over seeds."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 10, "svg.hashsalt": "juntos", "font.family": "DejaVu Sans"})
    overall = means[means["hospital"] == "all hospitals"]
    lines = list(overall.groupby(["variant", "model"], sort=False))
    figure, axis = plt.subplots(figsize=(7.5, 1.2 + 0.55 * len(lines)))
    for position, (_, group) in enumerate(lines):
        draw_line(axis, position, group, label=position == 0)
    words = {str(name): words for name, words in HUMAN_NAMES.items()}
    labels = [f"{variant}, {words[str(model)].lower()}" for (variant, model), _ in lines]
    axis.set_yticks(range(len(lines)), labels)
    axis.set_ylim(len(lines) - 0.5, -0.9)
    axis.set_xlabel(lead.words)
    axis.grid(axis="x", color="0.92")
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw_line(axis: Axes, position: int, group: pd.DataFrame, *, label: bool) -> None:
    """Draw one variant's marks; name them directly on the first line."""
    offsets = {"local": -0.15, "federated": 0.0, "pooled": 0.15}
    for row in group.itertuples():
        way = str(row.trained)
        spread = 0.0 if pd.isna(row.std) else float(row.std)  # type: ignore[arg-type]
        axis.errorbar(
            float(row.mean),  # type: ignore[arg-type]
            position + offsets[way],
            xerr=spread,
            fmt=SHAPES[way],
            color=COLOURS[way],
            markersize=6 if way != "pooled" else 10,
            capsize=2,
            linewidth=1,
        )
        if label:
            axis.annotate(
                LABELS[way],
                (float(row.mean), position - 0.35),  # type: ignore[arg-type]
                xytext=(0, 10 + 9 * (way == "pooled")),
                textcoords="offset points",
                ha="center",
                color=COLOURS[way],
                fontsize=9,
            )
