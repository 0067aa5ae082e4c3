"""The page about drift and performance; it stays inside the hospital."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from client.monitoring.findings import Findings
from client.monitoring.settings import MonitoringSettings
from client.monitoring.tables import DriftTables, lead, points
from shared.contract import Contract
from shared.pages.page import environment, style, write_page
from shared.pages.words import Catalogue, Text, Words, count, joined, percent

PAGE = "drift.html"


def write_report(
    contract: Contract,
    findings: Findings,
    settings: MonitoringSettings,
    hospital: str,
    out: Path,
) -> Path:
    """Write the page, its figure and its tables; return the page's path.

    Parameters
    ----------
    contract : Contract
        As the model sees it.

    Raises
    ------
    SettingsError
        When the folder cannot be written to.
    """
    say = Catalogue("client.monitoring")
    made = DriftTables(contract, findings, say)
    features, changed = made.features(), made.changed()
    tables = {"comparisons": made.comparisons(), "recall": made.recall()}
    page = (
        environment("client.monitoring")
        .get_template("drift.html")
        .render(
            css=style(),
            say=say,
            kicker=say("kicker"),
            title=say("title", hospital=hospital),
            facts=facts(findings, say),
            state=findings.state,
            lead=lead(findings, say),
            points=points(made, settings.false_discovery_rate),
            changed=changed,
            features=features,
            tables=tables,
            level=percent(settings.cut_off_level),
            rate=percent(settings.false_discovery_rate),
            least=count(settings.least_rows),
            version=version("juntos"),
        )
    )
    figures = [] if features is None else [features]
    return write_page(out, PAGE, page, figures, [*tables.values(), *(each for _, each in changed)])


def facts(findings: Findings, say: Catalogue) -> list[tuple[Words, Text]]:
    """Return what the page begins with."""
    window = joined([findings.first[:10], findings.last[:10]], " \N{EN DASH} ")
    known: list[tuple[str, Text]] = [
        ("model", findings.model),
        ("made", findings.made[:16].replace("T", " ")),
        ("rows", count(findings.rows)),
        ("window", window if findings.first else ""),
        ("reference", count(findings.reference_rows)),
        ("confirmed", count(findings.confirmed.confirmed)),
    ]
    return [(say(f"fact.{key}"), value) for key, value in known if value]
