"""`juntos node quality`: what a clinician should look at in this hospital's data."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.home import NodeHome, open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.data_quality.asking_models import Asked
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
    from client.data_quality.report import lead

    opened = open_home(home)
    asked, findings = looked(opened, models)
    page = written(opened, out, asked, findings)
    if json_output:
        typer.echo(json.dumps([as_json(each) for each in findings], indent=2))
        return
    print_findings(findings)
    typer.echo(f"\n{lead(findings, len(asked.rows)).en}")
    typer.echo(f"Report     {page}")


def looked(home: NodeHome, models: bool) -> tuple[Asked, list[Finding]]:
    """Read the records, ask models about them where that is wished, and find what is wrong."""
    from rich.console import Console
    from rich.progress import Progress

    from client.data_quality.asking_models import Asked, ask_models
    from client.data_quality.checks import find_all
    from client.data_quality.reading_rows import read_rows
    from client.data_quality.settings import read_settings
    from client.sources.pseudonyms import patient_key

    settings, key = read_settings(home.path), patient_key(home.patient_key_file)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=settings.folds + 2)
        rows = read_rows(home.contract(), home.mapping_file, settings, key)
        progress.update(task, advance=1, description="asking models")
        asked = Asked(rows, "none")
        if models:
            records, step = partial(reviewed_records, home), partial(progress.advance, task)
            asked = ask_models(rows, home.out_of_fold, records, step)
        progress.update(task, description="looking")
        return asked, find_all(asked.rows)


def written(home: NodeHome, out: Path, asked: Asked, findings: list[Finding]) -> Path:
    """Write the report; return its page."""
    from client.data_quality.report import write_report
    from client.sources.mapping import load_mapping
    from client.sources.reading import open_source

    mapping = load_mapping(home.mapping_file)
    source = open_source(mapping, home.mapping_file.parent).name
    return write_report(out, home.settings.hospital, source, asked, findings)


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
