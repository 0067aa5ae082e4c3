"""`juntos node drift`: whether patients and answers are still those the model was made for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption

if TYPE_CHECKING:
    from client.monitoring.findings import Findings
    from client.monitoring.settings import MonitoringSettings
    from shared.contract import Contract

# Beside the codes of errors, for scripts that ask with --exit-code.
EXIT_INSUFFICIENT, EXIT_ATTENTION = 4, 10


def drift(
    home: HomeOption = DEFAULT_HOME,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; monitoring/ in the node's without.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="End with 10 for drift or a fall, 4 for too few answers."),
    ] = False,
) -> None:
    """Compare the last answers with the training data, and with the diagnoses confirmed since."""
    from rich.console import Console

    from client.monitoring.kept_findings import FOLDER, keep
    from client.monitoring.report import write_report
    from client.monitoring.settings import read_settings
    from client.monitoring.watching import watch
    from client.serving.services import open_services
    from shared.ontology import terminologies

    services = open_services(home)
    try:
        settings = read_settings(services.home.path)
        with Console(stderr=True).status("comparing"):
            found = watch(services, settings)
            keep(services.home.path, found)
            model = services.store.active
            hospital = services.home.settings.hospital
            folder = out or services.home.path / FOLDER
        with terminologies(model.parts.terminologies):
            page = write_report(model.contract, found, settings, hospital, folder)
            if json_output:
                typer.echo(found.model_dump_json())
            else:
                _print(model.contract, found, settings, page)
    finally:
        services.close()
    codes = {"attention": EXIT_ATTENTION, "insufficient": EXIT_INSUFFICIENT, "steady": 0}
    if exit_code and codes[found.state]:
        # Not typer.Exit: a group that runs without its standalone mode swallows that code.
        raise SystemExit(codes[found.state])


def _print(contract: Contract, found: Findings, settings: MonitoringSettings, page: Path) -> None:
    from client.monitoring.tables import DriftTables, lead, points
    from shared.pages.words import Catalogue

    say = Catalogue("client.monitoring")
    typer.echo(lead(found, say).en)
    for point in points(DriftTables(contract, found, say), settings.false_discovery_rate):
        typer.echo(f"  {point.en}")
    typer.echo(f"Report     {page}")
