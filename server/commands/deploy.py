"""`juntos coordinator deploy`: bring a model to the hospitals, and see what each did with it."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from server.commands.train import begin, chosen_settings
from server.enrolment.hospitals import hospital_names
from server.home import open_home
from server.run_store import StoredRun
from server.scheduling.by_hand import own_run
from server.scheduling.preparing import deployment_settings, place_bundle
from server.scheduling.request import DeploymentOrder
from shared.errors import JuntosError, PartialRunError

OUTCOMES = {"active": "in use", "shadow": "challenger", "refused": "refused"}


def deploy(
    model: Annotated[
        str | None,
        typer.Argument(
            help="run-0003, run-0003/boosted_trees or NAME:VERSION; without it, the model in use."
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    hospitals: Annotated[
        str, typer.Option(help="These only: names with commas between; without it, everyone.")
    ] = "",
    shadow: Annotated[
        bool, typer.Option("--shadow", help="As a challenger, whose answers are not shown.")
    ] = False,
    option: Annotated[
        list[str] | None, typer.Option("--set", help="Replace one setting: key=value.")
    ] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option(help="Print no progress.")] = False,
) -> None:
    """Bring a signed model to hospitals; each verifies it, tries it out and puts it to use."""
    from server.deployment.chosen_model import chosen_model
    from server.deployment.deploying import BUNDLE, asked_hospitals

    folder = open_home(home)
    console = Console(stderr=as_json, quiet=quiet)
    names = [name.strip() for name in hospitals.split(",") if name.strip()]
    with chosen_model(folder, model) as chosen:
        base = chosen_settings(None, None, ["minimum_hospitals=1", *(option or [])])
        content = base.model_dump(mode="json", exclude_defaults=True)
        settings = deployment_settings(chosen, names, content, shadow=shadow)
        asked_hospitals(hospital_names(folder.engine()), settings)
        order = DeploymentOrder(
            model=model or "", hospitals=names, shadow=shadow, settings=content
        ).model_dump(mode="json")
        reason = "Started by a person at a terminal."
        with own_run(folder, settings, reason, order) as run:
            place_bundle(chosen, folder.runs / run / BUNDLE)
            console.print(f"{run} deploys {chosen.label} ({chosen.digest[:12]})", highlight=False)
            stored = begin(folder, run, console)
    show(stored, console)
    if as_json:
        found = {"run": stored.id, "status": stored.status, **(stored.result or {})}
        sys.stdout.write(json.dumps(found) + "\n")
    end(stored, console)


def show(run: StoredRun, console: Console) -> None:
    """Print what each hospital did."""
    if run.result is None or "deployment" not in run.result:
        return
    console.print(deployment_table(run.result))


def deployment_table(result: dict[str, Any]) -> Table:
    """One line per hospital."""
    table = Table(box=None)
    for column in ("hospital", "outcome", "answers there now", "why"):
        table.add_column(column)
    told, left_out = result["deployment"]["hospitals"], result["left_out"]
    for name in sorted({*told, *left_out}):
        answer = told.get(name, {})
        active = answer.get("active_version", "")
        if answer.get("pinned"):
            active += ", pinned"
        outcome = OUTCOMES.get(answer.get("outcome", ""), "not reached")
        table.add_row(name, outcome, active or "-", left_out.get(name, ""))
    return table


def end(run: StoredRun, console: Console) -> None:
    """Say how the run ended, with an exit code that tells the same."""
    if run.status == "completed":
        console.print(f"{run.id} completed: {run.message}.", soft_wrap=True, highlight=False)
    elif run.status == "partial":
        raise PartialRunError(f"{run.id} is partial: {run.message}.")
    else:
        raise JuntosError(f"{run.id} {run.status}: {run.message}")
