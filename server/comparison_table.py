"""The table a run ends with: each hospital alone, federated, and pooled where that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from server.card import HUMAN_NAMES
from shared.contract import Contract

WAYS = {"local": "alone", "federated": "federated", "pooled": "pooled"}
ALL_HOSPITALS = "all hospitals"


@dataclass(frozen=True)
class Headline:
    """The figure that a table of a contract leads with.

    Attributes
    ----------
    metric : str
        Name of the figure.
    level : {"finest", "group"}
    words : str
        What it says, for people.
    """

    metric: str
    level: str
    words: str

    def of(self, figures: Mapping[str, Any]) -> float | None:
        """Return the figure from an evaluation's figures."""
        scores = figures.get("group", {}) if self.level == "group" else figures
        value: float | None = scores.get(self.metric)
        return value


def headline(contract: Contract) -> Headline:
    """Choose the figure a contract's users look at first.

    Where all classes fall into two groups (disease or not), it is the area under the ROC curve of
    that question, which every row can answer; otherwise the share of rows whose right diagnosis
    comes first.
    """
    if len(contract.groups) == 2:
        second = contract.classes[contract.groups[1]].name.split(",")[0].lower()
        return Headline("auc", "group", f"area under the ROC curve, {second} or not")
    return Headline("accuracy", "finest", "share of patients whose diagnosis is ranked first")


def cell(value: float | None) -> str:
    """Write a figure for a table."""
    return "no data" if value is None else f"{value:.3f}"


def hospital_table(result: Mapping[str, Any], contract: Contract) -> Table:
    """One row per hospital, and per model what each way of training gives it."""
    lead = headline(contract)
    table = Table(title=f"Held-out patients: {lead.words}", title_justify="left", box=None)
    table.add_column("hospital")
    table.add_column("rows", justify="right")
    models = result["models"]
    for name, ways in models.items():
        for way in ways_known(ways):
            first = HUMAN_NAMES[name] if way == "local" else ""
            table.add_column(f"{first}\n{WAYS[way]}", justify="right")
    for hospital in result["hospitals"]:
        cells = [
            by_hospital(ways[way], hospital["name"], lead)
            for ways in models.values()
            for way in ways_known(ways)
        ]
        table.add_row(hospital["name"], str(hospital["rows"]), *cells)
    rows = sum(hospital["rows"] for hospital in result["hospitals"])
    totals = [
        cell(lead.of(ways[way].get("overall", {})))
        for ways in models.values()
        for way in ways_known(ways)
    ]
    table.add_row(ALL_HOSPITALS, str(rows), *totals, style="bold")
    return table


def ways_known(ways: Mapping[str, Any]) -> list[str]:
    """Return the ways of training a model for which there are figures, in order."""
    return [way for way in WAYS if ways.get(way)]


def by_hospital(way: Mapping[str, Any], hospital: str, lead: Headline) -> str:
    """Write one hospital's figure."""
    return cell(lead.of(way["by_hospital"].get(hospital, {})))


def measures_table(result: Mapping[str, Any]) -> Table:
    """One row per model and way of training, with the figures over all hospitals."""
    table = Table(title="All held-out patients", title_justify="left", box=None)
    table.add_column("model")
    table.add_column("trained")
    for words in ("accuracy", "macro F1", "in first 3", "AUC", "calibration error"):
        table.add_column(words, justify="right")
    keys = ("accuracy", "macro_f1", "top_3", "auc", "expected_calibration_error")
    for name, ways in result["models"].items():
        for position, way in enumerate(ways_known(ways)):
            overall = ways[way]["overall"]
            label = HUMAN_NAMES[name] if position == 0 else ""
            table.add_row(label, WAYS[way], *[cell(overall[key]) for key in keys])
    return table


def gain_in_words(result: Mapping[str, Any], contract: Contract) -> Text:
    """Say in one sentence per model what federating bought."""
    lead = headline(contract)
    lines = []
    for name, ways in result["models"].items():
        if not (ways.get("local") and ways.get("federated")):
            continue
        alone, together = (lead.of(ways[way]["overall"]) for way in ("local", "federated"))
        if alone is None or together is None:
            continue
        better = [
            hospital
            for hospital, figures in ways["federated"]["by_hospital"].items()
            if (lead.of(figures) or 0) >= (lead.of(ways["local"]["by_hospital"][hospital]) or 0)
        ]
        count = len(ways["federated"]["by_hospital"])
        lines.append(
            f"{HUMAN_NAMES[name]}: {alone:.3f} alone, {together:.3f} federated "
            f"({together - alone:+.3f}); no worse at {len(better)} of {count} hospitals."
        )
    return Text("\n".join(lines))


def comparison(result: Mapping[str, Any], contract: Contract) -> Group:
    """Put the tables and the sentence together."""
    return Group(
        hospital_table(result, contract),
        Text(),
        measures_table(result),
        Text(),
        gain_in_words(result, contract),
    )
