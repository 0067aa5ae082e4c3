"""Tables of an experiment: for people, papers and spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.table import Table

from server.card import HUMAN_NAMES
from server.comparison_table import WAYS, Headline
from simulations.experiments.repetition import OVERALL, RECALL
from simulations.experiments.scenario import Scenario
from simulations.experiments.words import place_words, value_words

NO_DATA = "no data"
NAMES = {str(name): words for name, words in HUMAN_NAMES.items()}


def mean_table(table: pd.DataFrame, scenario: Scenario, lead: Headline) -> pd.DataFrame:
    """Return the headline figure's mean and standard deviation over seeds.

    Returns
    -------
    DataFrame
        ``variant``, the grid's places, ``model``, ``hospital``, ``trained``, ``mean``, ``std``,
        ``count``.
    """
    chosen = table[(table["measure"] == lead.metric) & (table["level"] == lead.level)]
    keys = ["variant", *scenario.grid, "model", "hospital", "trained"]
    grouped = chosen.groupby(keys, sort=False, dropna=False)["value"]
    return grouped.agg(["mean", "std", "count"]).reset_index()


def wide_table(means: pd.DataFrame, scenario: Scenario, *, overall: bool) -> pd.DataFrame:
    """Return a line per point, model and hospital, with the text of each way of training.

    Parameters
    ----------
    overall : bool
        Only the figure over all hospitals.
    """
    chosen = means[means["hospital"] == OVERALL] if overall else means
    keys = ["variant", *scenario.grid, "model", "hospital"]
    lines = []
    for key, group in chosen.groupby(keys, sort=False, dropna=False):
        line: dict[str, str] = {}
        for name, value in zip(keys, key, strict=True):
            line[_heading(name)] = NAMES.get(str(value), value_words(value))
        by_way = group.set_index("trained")
        for way, words in WAYS.items():
            line[words] = with_spread(by_way, way)
        lines.append(line)
    found = pd.DataFrame(lines)
    unneeded = [_heading("hospital")] if overall else []
    if len(scenario.variant) == 1:
        unneeded.append(_heading("variant"))
    return found.drop(columns=unneeded)


def recall_table(table: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return a line per point, model and class: its recall, by its training cases."""
    chosen = table[table["measure"] == RECALL]
    keys = ["variant", *scenario.grid, "model", "class"]
    lines = []
    for key, group in chosen.groupby(keys, sort=False, dropna=False):
        line: dict[str, object] = {}
        for name, value in zip(keys, key, strict=True):
            line[_heading(name)] = NAMES.get(str(value), value_words(value))
        line["training cases"] = round(float(group["training_cases"].mean()))
        ways = group.groupby("trained")["value"].agg(["mean", "std"])
        for way, words in WAYS.items():
            line[words] = with_spread(ways, way)
        lines.append(line)
    found = pd.DataFrame(lines)
    return found if len(scenario.variant) > 1 else found.drop(columns=[_heading("variant")])


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Write each table as CSV, Markdown and LaTeX (booktabs); return the files' names."""
    folder.mkdir(exist_ok=True)
    files = []
    for name, table in tables.items():
        texts = {
            "csv": table.to_csv(index=False),
            "md": markdown(table),
            "tex": latex(table),
        }
        for ending, text in texts.items():
            (folder / f"{name}.{ending}").write_text(text, encoding="utf-8")
            files.append(f"{folder.name}/{name}.{ending}")
    return files


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown; columns of figures are set to the right."""
    ways = set(WAYS.values()) | {"training cases"}
    lines = [
        [str(column) for column in table.columns],
        ["---:" if column in ways else "---" for column in table.columns],
        *[[str(value) for value in row] for row in table.itertuples(index=False)],
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(table: pd.DataFrame) -> str:
    """Write a table for LaTeX with the booktabs package."""
    ways = set(WAYS.values()) | {"training cases"}
    columns = "".join("r" if column in ways else "l" for column in table.columns)
    shown = table.astype(str).apply(lambda column: column.str.replace(" ± ", r" $\pm$ "))
    escaped = shown.map(lambda text: text.replace("_", r"\_").replace("%", r"\%"))
    return str(escaped.to_latex(index=False, column_format=columns))


def terminal_table(means: pd.DataFrame, scenario: Scenario, lead: Headline) -> Table:
    """Show the figure over all hospitals."""
    table = Table(title=f"All hospitals: {lead.words}", title_justify="left", box=None)
    wide = wide_table(means, scenario, overall=True)
    for column in wide.columns:
        table.add_column(column, justify="right" if column in WAYS.values() else "left")
    for row in wide.itertuples(index=False):
        table.add_row(*[str(value) for value in row])
    return table


def with_spread(by_way: pd.DataFrame, way: str) -> str:
    """Write a mean with its standard deviation over seeds, where there are several."""
    if way not in by_way.index or pd.isna(by_way["mean"][way]):
        return NO_DATA
    mean, deviation = float(by_way["mean"][way]), float(by_way["std"][way])
    return f"{mean:.3f}" if pd.isna(deviation) else f"{mean:.3f} ± {deviation:.3f}"


def _heading(name: str) -> str:
    return name if name in ("variant", "model", "hospital", "class") else place_words(name)
