"""What the benchmark of rare classes found, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from server.card import HUMAN_NAMES
from shared.run_settings import ModelName

TITLES = {"heart": "Grades of heart disease", "simulated": "SIMULATED patients, 17 diseases"}
FIGURES = {"macro_f1": "macro F1", "rare_recall": "rare recall", "common_recall": "common recall"}
RIVALS = {"default": "the default", "pooled": "pooled", "local": "alone"}
# Intervals are worth more than a narrow terminal.
WIDTH = 130

Ways = Mapping[str, Mapping[str, Any]]


def print_rare(console: Console, part: str, kinds: Mapping[ModelName, Ways]) -> None:
    """Print the tables of each kind of model."""
    wide = Console(file=console.file, width=max(console.width, WIDTH))
    for kind, ways in kinds.items():
        title = f"{TITLES[part]}: {HUMAN_NAMES[kind]}"
        for table in tables_of(title, ways):
            wide.print(table, soft_wrap=True)
            wide.print()


def tables_of(title: str, ways: Ways) -> list[Table]:
    """Return a table of figures, and one of differences for each rival and figure that matters."""
    figures = started(f"{title}, federated", FIGURES.values())
    for way, each in ways.items():
        federated = each["federated"]
        figures.add_row(way, *(f"{federated[name]:.3f}" for name in FIGURES))
    rivals = [name for name in RIVALS if name in next(iter(ways.values()))["gains"]]
    compared = [
        started(
            f"{title}, federated minus another, with 95% intervals: {FIGURES[name]}",
            [f"against {RIVALS[rival]}" for rival in rivals],
        )
        for name in ("macro_f1", "rare_recall")
    ]
    for table, name in zip(compared, ("macro_f1", "rare_recall"), strict=True):
        for way, each in ways.items():
            table.add_row(way, *(interval(each["gains"][rival][name]) for rival in rivals))
    return [figures, *compared]


def started(title: str, columns: Iterable[str]) -> Table:
    """Return an empty table."""
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("way", no_wrap=True)
    for words in columns:
        table.add_column(words, justify="right", no_wrap=True)
    return table


def interval(gain: Mapping[str, float]) -> str:
    """Write a difference."""
    return f"{gain['mean']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})"
