"""The attack benchmark's figures as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

Figures = Mapping[str, Any]


def print_tables(result: Figures, console: Console) -> None:
    """Print who was recognised, and what was guessed."""
    columns = ("model's AUC", "by the loss", "TPR at 1%", "shadow models", "TPR at 1%")
    membership = new_table(f"{result['title']}: who was trained on", *columns)
    for name, way, each in lines(result):
        risk, ratio = each["membership"], each["likelihood_ratio"]
        membership.add_row(
            name,
            way,
            f"{each['auc']:.3f}" if each["auc"] is not None else "no data",
            interval(risk["auc"], risk) if risk else "no data",
            f"{risk['at_one_percent']['value']:.3f}" if risk else "no data",
            f"{ratio['auc']:.3f} ± {ratio['deviation']:.3f}",
            f"{ratio['at_one_percent']:.3f}",
        )
    console.print(membership)
    guessed = new_table("Guessed more often of training rows", *result["guessed"])
    for name, way, each in lines(result):
        found = [each["attributes"][feature] for feature in result["guessed"]]
        cells = (interval(risk["advantage"], risk) if risk else "no data" for risk in found)
        guessed.add_row(name, way, *cells)
    console.print(guessed)


def new_table(title: str, *columns: str) -> Table:
    """Return a table whose lines begin with a model and the way it was trained."""
    table = Table(title=title, title_justify="left", box=None)
    for column in ("model", "trained"):
        table.add_column(column)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def lines(result: Figures) -> Iterator[tuple[str, str, Figures]]:
    """Return the figures of each model and way; the model's name only the first time."""
    for name, ways in result["models"].items():
        for index, (way, figures) in enumerate(ways.items()):
            yield ("" if index else name.replace("_", " ")), way, figures


def interval(value: float, bounds: Figures) -> str:
    """Write a figure with its interval."""
    return f"{value:.3f} [{bounds['low']:.2f}, {bounds['high']:.2f}]"
