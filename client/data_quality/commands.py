"""`juntos node quality`: what a clinician should look at in this hospital's data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.home import NodeHome, open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.data_quality.finding import Finding
    from client.sources.loading import LoadedRecords


def quality(
    home: HomeOption = DEFAULT_HOME,
    out: Annotated[Path, typer.Option(help="Folder of the report; it stays inside.")] = Path(
        "juntos-quality"
    ),
    models: Annotated[
        bool, typer.Option("--models/--no-models", help="Look for diagnoses that models doubt.")
    ] = True,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find what is wrong with the records, and write it down for a clinician.

    Ends with 0 whatever is found: a finding is a question, and no error.
    """
    from rich.console import Console
    from rich.progress import Progress

    from client.data_quality.asking_models import Asked, ask_models
    from client.data_quality.checks import find_all
    from client.data_quality.reading_rows import read_rows
    from client.data_quality.report import lead, write_report
    from client.data_quality.settings import read_settings
    from client.sources.mapping import load_mapping
    from client.sources.pseudonyms import patient_key
    from client.sources.reading import open_source

    opened = open_home(home)
    settings = read_settings(opened.path)
    key = patient_key(opened.patient_key_file)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=settings.folds + 2)
        rows = read_rows(opened.contract(), opened.mapping_file, settings, key)
        progress.update(task, advance=1, description="asking models")
        asked = Asked(rows, "none")
        if models:
            asked = ask_models(
                rows,
                opened.out_of_fold,
                lambda: reviewed_records(opened),
                lambda: progress.advance(task),
            )
        progress.update(task, description="looking")
        findings = find_all(asked.rows)
    mapping = load_mapping(opened.mapping_file)
    source = open_source(mapping, opened.mapping_file.parent).name
    page = write_report(out, opened.settings.hospital, source, asked, findings)
    if json_output:
        typer.echo(json.dumps([as_json(each) for each in findings], indent=2))
        return
    print_findings(findings)
    typer.echo(f"\n{lead(findings, len(rows)).en}")
    typer.echo(f"Report     {page}")


def reviewed_records(home: NodeHome) -> LoadedRecords:
    """Return the records that runs learn from."""
    from client.review.opening import read_overlay, read_source, reviewed

    overlay = read_overlay(home)
    return reviewed(home, read_source(home, overlay), overlay).loaded


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as programs read it."""
    from client.data_quality.texts import text_of

    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "feature": finding.feature,
        "column": finding.column,
        "count": finding.count,
        "share": finding.share,
        "text": text_of(finding).what.en,
        "rows": list(finding.rows),
    }


def print_findings(findings: list[Finding]) -> None:
    """Print one line for each finding, the most harmful first."""
    from client.data_quality.texts import catalogue, text_of

    if findings:
        print_columns(
            ["how urgent", "rows", "found"],
            [
                [
                    catalogue()(f"severity.{each.severity}").en,
                    str(each.count),
                    text_of(each).what.en,
                ]
                for each in findings
            ],
        )
