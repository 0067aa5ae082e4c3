"""The report of an experiment: tables and figures as files, and one page that holds them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from server.comparison_table import WAYS, Headline
from simulations.experiments.figures.against import draw_against, numeric_places
from simulations.experiments.figures.curves import draw_curves
from simulations.experiments.figures.points import draw_points
from simulations.experiments.figures.rarity import draw_rarity
from simulations.experiments.scenario import Scenario
from simulations.experiments.tables import mean_table, recall_table, wide_table, write_tables
from simulations.experiments.words import place_words

PAGE = "report.html"


@dataclass(frozen=True)
class Drawn:
    """A figure of the page.

    Attributes
    ----------
    file : str
    caption : str
    """

    file: str
    caption: str


def write_report(
    out: Path,
    scenario: Scenario,
    patients: Mapping[str, int],
    table: pd.DataFrame,
    lead: Headline,
) -> tuple[list[str], pd.DataFrame]:
    """Write tables, figures and the page.

    Returns
    -------
    files : list of str
        Relative to the folder.
    means : DataFrame
        As `simulations.experiments.tables.mean_table` returns it.
    """
    means = mean_table(table, scenario, lead)
    figures = draw_all(out, scenario, table, means, lead)
    tables = {
        "overall": wide_table(means, scenario, overall=True),
        "by_hospital": wide_table(means, scenario, overall=False),
        "recall_by_class": recall_table(table, scenario),
    }
    files = write_tables(out / "tables", tables)
    environment = Environment(
        loader=PackageLoader("simulations.experiments"), autoescape=select_autoescape()
    )
    page = environment.get_template(PAGE).render(
        scenario=scenario,
        patients=patients,
        lead=lead,
        tables=tables,
        ways=[*WAYS.values(), "training cases"],
        places={place: place_words(place) for place in scenario.grid},
        repetitions=len(scenario.seeds),
        count=len(table),
        version=version("juntos"),
        # Drawn here from numbers alone, so they are safe to stand in the page as they are.
        figures=[(each.caption, Markup(svg_body(out / each.file))) for each in figures],  # noqa: S704
    )
    partial = out / f"{PAGE}.partial"
    partial.write_text(page, encoding="utf-8")
    partial.replace(out / PAGE)
    return [PAGE, *(each.file for each in figures), *files], means


def draw_all(
    out: Path, scenario: Scenario, table: pd.DataFrame, means: pd.DataFrame, lead: Headline
) -> list[Drawn]:
    """Draw every figure that the experiment has something to show in."""
    places, figures, first = list(scenario.grid), [], scenario.variant[0].name
    if draw_points(out / "figure.svg", means, places, lead):
        figures.append(Drawn("figure.svg", f"The {lead.words}, over all hospitals."))
    for place in numeric_places(table, places):
        file = f"against_{place.replace('.', '_')}.svg"
        draw_against(out / file, table, place, lead)
        figures.append(Drawn(file, f"The {lead.words}, against {place_words(place)}."))
    if draw_curves(out / "learning_curves.svg", table, places):
        caption = "Learning curves: mean training loss of each round over hospitals and seeds."
        figures.append(Drawn("learning_curves.svg", caption))
    if draw_rarity(out / "recall_by_rarity.svg", table):
        caption = f"Recall of each class, and its mean over classes of like rarity ({first})."
        figures.append(Drawn("recall_by_rarity.svg", caption))
    return figures


def svg_body(path: Path) -> str:
    """Return an SVG without the declarations that only a file of its own may have."""
    text = path.read_text(encoding="utf-8")
    return text[text.index("<svg") :]
