"""`juntos coordinator resume`: go on with a run whose process was killed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from server.commands.train import begin, end, show
from server.flower_command import FlowerCommandError
from server.flower_run import run_status
from server.home import CoordinatorHome, open_home
from server.run_store import RunStore, StoredRun
from server.scheduling.by_hand import own_continuation
from shared.errors import SettingsError


def resume(
    run: Annotated[str, typer.Argument(help="The run, as `juntos coordinator runs` names it.")],
    home: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path(
        "juntos-coordinator"
    ),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on the last line.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="Print no progress.")] = False,
) -> None:
    """Go on with a run that was killed, stopped or failed, from its last finished round."""
    folder = open_home(home)
    console = Console(stderr=as_json, quiet=quiet)
    store = RunStore(folder.engine())
    refuse_ended_or_running(folder, store.read(run))
    with own_continuation(folder, store.read(run)):
        store.reopen(run)
        console.print(f"{run} goes on after {len(store.rounds(run))} recorded rounds")
        found = begin(folder, run, console)
    show(folder, found, console)
    if as_json:
        sys.stdout.write(json.dumps({"run": run, "status": found.status, **(found.result or {})}))
        sys.stdout.write("\n")
    end(found, console)


def refuse_ended_or_running(home: CoordinatorHome, run: StoredRun) -> None:
    """Refuse a run that has its result, that lives, or that belongs to another contract.

    Raises
    ------
    SettingsError
        Saying which.
    """
    if run.status in ("completed", "partial"):
        raise SettingsError(f"{run.id} is {run.status}; there is nothing left to do.")
    if run.contract_hash != home.contract().hash:
        raise SettingsError(
            f"{run.id} began under another version of the data contract.", "Train anew."
        )
    if run.flower_run_id and lives(home, run.flower_run_id):
        raise SettingsError(
            f"{run.id} is still running.",
            "If its process was killed just now, Flower notices within a minute.",
        )


def lives(home: CoordinatorHome, flower_run: str) -> bool:
    """Return whether Flower still runs a run; one that the SuperLink does not know has ended."""
    try:
        return not run_status(home, flower_run).startswith("finished")
    except FlowerCommandError:
        return False
