"""The table a run ends with: each hospital alone, federated, and pooled where that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from server.card import HUMAN_NAMES
from shared.contract import Contract

MEASURES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "top_3": "first 3",
    "auc": "AUC",
    "expected_calibration_error": "cal. error",
}
WAYS = {"local": "alone", "federated": "federated", "pooled": "pooled"}
MEAN = "mean over patients"


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
        value: float | None = self.scores(figures).get(self.metric)
        return value

    def scores(self, figures: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the figures of this level."""
        return figures.get("group", {}) if self.level == "group" else figures


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


def told(rows: int | None) -> str:
    """Write how many records a hospital has, if it told."""
    return "not told" if rows is None else str(rows)


def hospital_table(result: Mapping[str, Any], contract: Contract) -> Table:
    """Show, per model and hospital, what each way of training gives; the mean comes last."""
    lead = headline(contract)
    title = f"Held-out patients: {lead.words}"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("model")
    table.add_column("hospital")
    table.add_column("records", justify="right")
    known = {way for ways in result["models"].values() for way in ways_known(ways)}
    shown = [way for way in WAYS if way in known]
    for way in shown:
        table.add_column(WAYS[way], justify="right")
    total = sum(hospital["rows"] or 0 for hospital in result["hospitals"])
    for name, ways in result["models"].items():
        for position, hospital in enumerate(result["hospitals"]):
            label = HUMAN_NAMES[name] if position == 0 else ""
            cells = [cell(of_hospital(ways.get(way), hospital["name"], lead)) for way in shown]
            table.add_row(label, hospital["name"], told(hospital["rows"]), *cells)
        means = [cell(mean_over_patients(ways.get(way), lead)) for way in shown]
        table.add_row("", MEAN, told(total or None), *means, style="bold", end_section=True)
    return table


def ways_known(ways: Mapping[str, Any]) -> list[str]:
    """Return the ways of training a model for which there are figures, in order."""
    return [way for way in WAYS if ways.get(way)]


def of_hospital(way: Mapping[str, Any] | None, hospital: str, lead: Headline) -> float | None:
    """Return one hospital's figure."""
    return lead.of((way or {}).get("by_hospital", {}).get(hospital, {}))


def mean_over_patients(way: Mapping[str, Any] | None, lead: Headline) -> float | None:
    """Return the mean of the hospitals' figures, weighted by held-out patients.

    Ranking patients of several hospitals by models of their own compares what cannot be compared,
    so an area under the curve is averaged, not taken over all patients at once.
    """
    known = [
        (value, lead.scores(figures)["rows"])
        for figures in (way or {}).get("by_hospital", {}).values()
        if (value := lead.of(figures)) is not None
    ]
    patients = sum(rows for _, rows in known)
    return sum(value * rows for value, rows in known) / patients if patients else None


def measures_table(result: Mapping[str, Any]) -> Table:
    """One row per model and way of training, with the figures over all hospitals."""
    title = "All held-out patients (cal. error: expected calibration error)"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("model")
    table.add_column("trained")
    for words in MEASURES.values():
        table.add_column(words, justify="right")
    for name, ways in result["models"].items():
        for position, way in enumerate(ways_known(ways)):
            overall = ways[way]["overall"]
            label = HUMAN_NAMES[name] if position == 0 else ""
            values = {
                **overall,
                "auc": mean_over_patients(ways[way], Headline("auc", "finest", "")),
            }
            table.add_row(label, WAYS[way], *[cell(values[key]) for key in MEASURES])
    return table


def public_table(result: Mapping[str, Any]) -> Table:
    """One row per model with its figures on the coordinator's own test set."""
    known = {name: ways["public"] for name, ways in result["models"].items() if "public" in ways}
    rows = next(iter(known.values()))["group"]["rows"]
    title = f"The coordinator's own test set ({rows} public patients)"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("model")
    for words in MEASURES.values():
        table.add_column(words, justify="right")
    for name, figures in known.items():
        table.add_row(HUMAN_NAMES[name], *[cell(figures[key]) for key in MEASURES])
    return table


def gain_in_words(result: Mapping[str, Any], contract: Contract) -> Text:
    """Say in one sentence per model what federating bought."""
    lead = headline(contract)
    lines = []
    for name, ways in result["models"].items():
        if not (ways.get("local") and ways.get("federated")):
            continue
        alone, together = (mean_over_patients(ways[way], lead) for way in ("local", "federated"))
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
            f"({together - alone:+.3f}); at least as good at {len(better)} of {count} hospitals"
        )
    return Text("\n".join(lines))


def comparison(result: Mapping[str, Any], contract: Contract) -> Group:
    """Put the tables and the sentence together."""
    parts: list[RenderableType] = [
        hospital_table(result, contract),
        Text(),
        measures_table(result),
        Text(),
    ]
    if any("public" in ways for ways in result["models"].values()):
        parts += [public_table(result), Text()]
    return Group(*parts, gain_in_words(result, contract))
