"""`juntos node explore`: what this hospital's data are like, for this hospital."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption

if TYPE_CHECKING:
    from client.exploration.view import LocalView


def explore(
    home: HomeOption = DEFAULT_HOME,
    out: Annotated[Path, typer.Option(help="Folder of the report; it stays inside.")] = Path(
        "juntos-exploration"
    ),
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what the records are like: a page for this hospital, nothing of which is sent."""
    from datetime import UTC, datetime

    from rich.console import Console

    from client.exploration.report import Source, lead, points, write_report
    from client.exploration.view import LocalView
    from client.review.opening import read_overlay, read_source, reviewed
    from shared.pages.words import Catalogue

    opened = open_home(home)
    console = Console(stderr=True)
    with console.status("reading the records"):
        overlay = read_overlay(opened)
        loaded = reviewed(opened, read_source(opened, overlay), overlay).loaded
    view = LocalView(opened.contract(), loaded.records, loaded.dates)
    date = datetime.now(UTC).date().isoformat()
    source = Source(opened.settings.hospital, loaded.source, loaded.rows_set_aside, date)
    with console.status("drawing"):
        page = write_report(view, source, out)
    if json_output:
        typer.echo(json.dumps(as_json(view), indent=2))
        return
    from client.exploration.association import telling
    from client.exploration.time import periods

    say = Catalogue("client.exploration")
    typer.echo(lead(view, say).en)
    for point in points(view, telling(view), periods(view), say):
        typer.echo(f"  {point.en}")
    typer.echo(f"Report     {page}")


def as_json(view: LocalView) -> dict[str, Any]:
    """Return figures for programs inside the hospital."""
    from client.exploration.association import telling
    from client.exploration.missingness import missing_shares
    from client.exploration.time import periods

    return {
        "records": len(view),
        "classes": view.labels,
        "missing": {name: shares[0] for name, shares in missing_shares(view).items()},
        "information_bits": {each.feature: each.bits for each in telling(view)},
        "periods": {each.name: each.rows for each in periods(view)},
    }
