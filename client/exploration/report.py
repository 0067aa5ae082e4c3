"""The report of a hospital's own exploration; it stays inside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from client.exploration.association import ClassTelling, correlations, telling
from client.exploration.figures import LocalFigures
from client.exploration.missingness import missing_patterns, missing_shares
from client.exploration.tables import MOST_PATTERNS, MOST_TERMS, LocalTables
from client.exploration.time import Period, periods
from client.exploration.view import LocalView
from shared.pages.drawing import Drawing
from shared.pages.labels import class_label, feature_label
from shared.pages.page import Table, environment, style, write_page
from shared.pages.words import Catalogue, Text, Words, count, decimal, joined, percent, words

PAGE = "explore.html"
# A class of fewer records is one that models learn little of.
FEW_RECORDS = 50
_MOST_NAMED = 4


@dataclass(frozen=True)
class Source:
    """Where records come from.

    Attributes
    ----------
    hospital, name : str
    rows_set_aside : int
    date : str
        Of the report.
    """

    hospital: str
    name: str
    rows_set_aside: int
    date: str


def write_report(view: LocalView, source: Source, out: Path) -> Path:
    """Write what the records are like; return the page's path.

    Raises
    ------
    SettingsError
        When the folder cannot be written to.
    """
    say = Catalogue("client.exploration")
    features, stretches = telling(view), periods(view)
    figures = all_figures(view, say, features, stretches)
    made = LocalTables(view, say)
    patterns, terms = missing_patterns(view), made.terms()
    tables = {
        "classes": made.classes(),
        "patterns": made.patterns(patterns),
        "numbers": made.numbers(),
        "codes": made.codes(),
    }
    page = (
        environment("client.exploration")
        .get_template("exploration.html")
        .render(
            css=style(),
            say=say,
            kicker=say("kicker"),
            title=say("title", hospital=source.hospital),
            facts=facts(view, source, say),
            lead=lead(view, say),
            points=points(view, features, stretches, say),
            figures=figures,
            tables=tables,
            patterns=_first(tables["patterns"], MOST_PATTERNS),
            terms=[(name, _first(table, MOST_TERMS), len(table.rows)) for name, table in terms],
            few=FEW_RECORDS,
            label=feature_label,
            described=lambda name: view.contract.features[name].description,
            version=version("juntos"),
        )
    )
    drawn = [each for each in figures.values() if isinstance(each, Drawing)]
    drawn += [each for key in ("numbers", "codes") for _, each in figures[key]]
    return write_page(out, PAGE, page, drawn, [*tables.values(), *(table for _, table in terms)])


def _first(table: Table, rows: int) -> Table:
    return replace(table, rows=table.rows[:rows])


def all_figures(
    view: LocalView, say: Catalogue, features: list[ClassTelling], stretches: list[Period]
) -> dict[str, Any]:
    """Draw everything; None where there is nothing to draw."""
    drawn = LocalFigures(view, say)
    return {
        "classes": drawn.classes(),
        "missing": drawn.missing(),
        "missing_together": drawn.missing_together(),
        "numbers": drawn.numbers(),
        "codes": drawn.codes(),
        "telling": drawn.telling(features) if features else None,
        "correlations": drawn.correlations(),
        "cramers_v": drawn.cramers_v(),
        "time": drawn.time(stretches) if stretches else None,
        "missing_in_time": drawn.missing_in_time(stretches) if stretches else None,
    }


def facts(view: LocalView, source: Source, say: Catalogue) -> list[tuple[Words, Text]]:
    """Return what the page begins with."""
    patients = len(set(view.records.persons().tolist()))
    known: list[tuple[str, Text]] = [
        ("source", source.name),
        ("date", source.date),
        ("contract", f"{view.contract.name} {view.contract.version}"),
        ("records", count(len(view))),
        ("patients", count(patients) if view.records.patients is not None else ""),
        ("set_aside", count(source.rows_set_aside)),
    ]
    return [(say(f"fact.{key}"), value) for key, value in known if value]


def lead(view: LocalView, say: Catalogue) -> Words:
    """Return the sentence that readers come for."""
    group = max(view.groups, key=lambda each: each.count)
    figures = LocalFigures(view, say)
    if len(view.contract.groups) == 2:
        group = view.groups[1]
    name = words(figures.group_name(group))
    if len(view.contract.groups) == 2:
        name = Words(*(text[0].lower() + text[1:] for text in (name.en, name.es)))
    share = percent(group.count / len(view))
    return say("answer.lead", count=len(view), share=share, name=name)


def points(
    view: LocalView, features: list[ClassTelling], stretches: list[Period], say: Catalogue
) -> list[Words]:
    """Return what readers should know beside it."""
    contract = view.contract
    few = [code for code in contract.leaves if 0 < view.labels[code] < FEW_RECORDS]
    absent = {name: shares[0] for name, shares in missing_shares(view).items() if shares[0] > 0.5}
    found = []
    if few:
        named = (f"{class_label(contract, code)} ({view.labels[code]})" for code in few)
        found.append(say("answer.few", count=FEW_RECORDS, names=joined(named)))
    if absent:
        worst = sorted(absent, key=lambda name: -absent[name])
        named_shares = (
            joined([feature_label(name), " (", percent(absent[name]), ")"], "") for name in worst
        )
        found.append(say("answer.missing", names=joined(named_shares)))
    else:
        found.append(say("answer.missing_none"))
    if features:
        names = joined(feature_label(each.feature) for each in features[:_MOST_NAMED])
        found.append(say("answer.telling", names=names))
    found += _strongest(view, say)
    if stretches:
        found.append(say("answer.time", first=stretches[0].name, last=stretches[-1].name))
    return [*found, say("answer.inside")]


def _strongest(view: LocalView, say: Catalogue) -> list[Words]:
    names, values = list(view.numbers), correlations(view, "spearman")
    pairs = [
        (abs(values[row, column]), values[row, column], names[row], names[column])
        for row in range(len(names))
        for column in range(row)
        if not np.isnan(values[row, column])
    ]
    if not pairs:
        return []
    _, value, first, second = max(pairs)
    pair = {"first": feature_label(first), "second": feature_label(second)}
    return [say("answer.correlated", value=decimal(float(value), 2), **pair)]
