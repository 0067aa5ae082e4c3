"""`juntos coordinator runs`: every run, and each round of one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from server.commands.deploy import deployment_table
from server.comparison_table import comparison
from server.enrolment.hospitals import public_collections
from server.home import open_home
from server.run_progress import condensed, round_line
from server.run_store import RunStore, StoredRun


def runs(
    run: Annotated[str | None, typer.Argument(help="Show one run in full.")] = None,
    home: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path(
        "juntos-coordinator"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List all runs, or show each round of one: who was asked, who answered, who was left out."""
    folder = open_home(home)
    store = RunStore(folder.engine())
    console = Console()
    if as_json:
        chosen = [store.read(run)] if run else store.all()
        public = public_collections(folder.engine())
        plain = [{**as_plain(store, each), "public": _took_part(each, public)} for each in chosen]
        sys.stdout.write(json.dumps(plain) + "\n")
    elif run is None:
        console.print(run_table(store.all()))
    else:
        found = store.read(run)
        console.print(f"{found.id} {found.status}: {found.message}")
        for record in condensed(store.rounds(run), found.settings):
            console.print(round_line(record, found.settings))
        if found.result is not None and "deployment" in found.result:
            console.print(deployment_table(found.result))
        if found.result is not None and found.result["models"]:
            console.print(comparison(found.result, found.settings.task.contract(folder.contract())))
        if public := _took_part(found, public_collections(folder.engine())):
            console.print(f"Public collections among the hospitals: {', '.join(public)}.")


def _took_part(run: StoredRun, names: list[str]) -> list[str]:
    """Return which of some hospitals a run's result is made of."""
    took_part = {each["name"] for each in run.result["hospitals"]} if run.result else set()
    return [name for name in names if name in took_part]


def as_plain(store: RunStore, run: StoredRun) -> dict[str, object]:
    """Return a run with its rounds in JSON's types."""
    return {
        "id": run.id,
        "status": run.status,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "contract_hash": run.contract_hash,
        "message": run.message,
        "rounds": [record.model_dump() for record in store.rounds(run.id)],
        "result": run.result,
    }


def run_table(found: list[StoredRun]) -> Table:
    """One line per run."""
    table = Table(box=None)
    for column in ("run", "started", "status", "hospitals", "models", "what happened"):
        table.add_column(column)
    for run in found:
        hospitals = len(run.result["hospitals"]) if run.result else 0
        table.add_row(
            run.id,
            run.started_at,
            run.status,
            str(hospitals or "-"),
            purpose(run),
            run.message,
        )
    return table


def purpose(run: StoredRun) -> str:
    """Say what a run trains, or what else it is for."""
    if run.settings.exploration.enabled:
        return "exploration"
    if run.settings.deployment.enabled:
        return f"deployment of {run.settings.deployment.label}"
    return ", ".join(run.settings.models)
