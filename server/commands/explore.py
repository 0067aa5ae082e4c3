"""`juntos coordinator explore`: what the federation's data are like, from summaries alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from server.commands.train import carry_out, chosen_settings
from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome, open_home
from server.run_store import RunStore, StoredRun
from shared.errors import JuntosError, PartialRunError, SettingsError
from shared.exploration.criteria import read_criteria
from shared.exploration.settings import Studies
from shared.run_settings import RunSettings
from shared.settings_file import load

if TYPE_CHECKING:
    from server.exploration.asking import FederatedExploration

OUT = "exploration"


def explore(
    home: HomeOption = DEFAULT_HOME,
    hospitals: Annotated[
        str, typer.Option(help="Ask these only: names with commas between; without it, everyone.")
    ] = "",
    studies: Annotated[
        Path | None, typer.Option(help="TOML file of studies: how many patients would each find?")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; without it, in the run's folder.")
    ] = None,
    run: Annotated[
        str, typer.Option(help="Ask nobody: write the report of this earlier run again.")
    ] = "",
    settings: Annotated[
        Path | None, typer.Option(help="TOML file with a run's settings, for its task and privacy.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--set", help="Replace one setting: key=value."),
    ] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option(help="Print no progress.")] = False,
) -> None:
    """Ask hospitals what their data are like; write a page, its figures and its tables."""
    from server.exploration.asking import read_exploration
    from server.exploration.report import write_report
    from server.exploration.summary import json_summary, lines

    folder = open_home(home)
    console = Console(stderr=as_json, quiet=quiet)
    if run:
        stored = RunStore(folder.engine()).read(run)
    else:
        chosen = exploration_settings(folder, hospitals, studies, settings, option or [])
        stored = carry_out(folder, chosen, console)
        refuse_failed(stored)
    found = read_exploration(folder.runs / stored.id)
    out = out or folder.runs / stored.id / OUT
    page = write_report(found, out, stored.id, stored.started_at[:10])
    for line in lines(found):
        console.print(line, soft_wrap=True, highlight=False)
    console.print(f"Report: {page}", soft_wrap=True, highlight=False)
    if as_json:
        sys.stdout.write(
            json.dumps({"run": stored.id, "report": str(page), **json_summary(found)}) + "\n"
        )
    refuse_partial(stored.id, found)


def exploration_settings(
    home: CoordinatorHome,
    hospitals: str,
    studies: Path | None,
    settings: Path | None,
    options: list[str],
) -> RunSettings:
    """Put the settings of a run that explores together, and refuse what it could not answer.

    Raises
    ------
    SettingsError
        When a hospital is not enrolled, or a study's conditions do not fit the contract.
    """
    from server.exploration.asking import asked_hospitals

    base = chosen_settings(settings, None, options)
    names = [name.strip() for name in hospitals.split(",") if name.strip()]
    asked = load(Studies, studies).study if studies else base.exploration.study
    exploration = base.exploration.model_copy(
        update={
            "enabled": True,
            "hospitals": names or base.exploration.hospitals,
            "study": asked,
        }
    )
    chosen = base.model_copy(update={"exploration": exploration})
    if chosen.privacy.guarantee == "secret_sums":
        raise SettingsError(
            "A run of secret sums without noise does not explore: a sum could be of one patient.",
            'Set privacy.guarantee = "none" or "differential".',
        )
    if chosen.privacy.is_private and asked:
        raise SettingsError(
            "A run with a formal guarantee counts no studies.",
            'Leave --studies out, or set privacy.guarantee = "none".',
        )
    view = chosen.task.contract(home.contract())
    for study in asked:
        read_criteria(view, study.where)
    asked_hospitals(hospital_names(home.engine()), chosen)
    return chosen


def refuse_failed(run: StoredRun) -> None:
    """End here where a run brought nothing."""
    if run.status not in ("completed", "partial"):
        raise JuntosError(f"{run.id} {run.status}: {run.message}")


def refuse_partial(run: str, found: FederatedExploration) -> None:
    """End with the exit code of a partial run where hospitals are missing."""
    if found.left_out:
        reasons = "; ".join(f"{name} ({why})" for name, why in found.left_out.items())
        raise PartialRunError(f"{run} is partial: without {reasons}.", "The report says so too.")
