"""`juntos coordinator train`: start a run, show it round by round, end with what it brought."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.status import Status

from server.flower_run import run_status, start_run, stop_run
from server.home import CoordinatorHome, open_home
from server.run_files import RunFiles
from server.run_progress import belongs_to, condensed, round_line
from server.run_store import ENDED, RunStore, StoredRun
from server.scheduling.by_hand import own_run
from shared.errors import JuntosError, PartialRunError
from shared.run_settings import ModelName, RunSettings, run_settings
from shared.session.settings import Transport
from shared.settings_file import read_toml

POLL_SECONDS = 0.5
# How often to ask Flower whether the run's process still lives.
LIVENESS_SECONDS = 10.0

Home = Annotated[Path, typer.Option(help="The coordinator's folder.")]


def train(
    home: Home = Path("juntos-coordinator"),
    settings: Annotated[
        Path | None, typer.Option(help="TOML file with the run's settings.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Train only this kind of model; may be repeated.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--set", help="Replace one setting: key=value, for example seed=3."),
    ] = None,
    transport: Annotated[
        Transport | None,
        typer.Option(help="How rounds travel: one stream a run, or Flower's messages."),
    ] = None,
    tune: Annotated[
        int | None,
        typer.Option(min=1, help="Choose settings first, by so many short federated runs."),
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Repeat, compare, look for harm; write a report.")
    ] = False,
    acceptance: Annotated[
        Path | None,
        typer.Option(help="What clinicians ask for and who signs; else acceptance.toml of home."),
    ] = None,
    public_test: Annotated[
        Path | None,
        typer.Option(help="CSV file of public patients to judge on; else public_test.csv of home."),
    ] = None,
    iterate: Annotated[
        str | None,
        typer.Option(help="Begin from the settings of this run, whose findings are answered."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on the last line.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="Print no progress.")] = False,
) -> None:
    """Train models with every hospital that is there, and register them."""
    folder = open_home(home)
    options = [f"transport={transport}"] if transport else []
    options += [f"tuning.trials={tune}"] if tune else []
    options += ["review.enabled=true"] if review or acceptance else []
    base = settings_of_run(folder, iterate) if iterate else {}
    chosen = chosen_settings(settings, model, [*options, *(option or [])], base)
    console = Console(stderr=as_json, quiet=quiet)
    if iterate:
        show_findings(folder, iterate, console)
    run = carry_out(folder, chosen, console, RunFiles(acceptance, public_test))
    show(folder, run, console)
    if as_json:
        sys.stdout.write(json.dumps({"run": run.id, "status": run.status, **(run.result or {})}))
        sys.stdout.write("\n")
    end(run, console)


def chosen_settings(
    path: Path | None,
    models: list[str] | None,
    options: list[str] | None,
    base: dict[str, Any] | None = None,
) -> RunSettings:
    """Put earlier settings, the file and the command line together; the later ones win."""
    content = {**(base or {}), **(read_toml(path) if path else {})}
    if models:
        names: list[ModelName] = list(models)  # type: ignore[arg-type]
        content["models"] = names
    return run_settings(content, options or [], str(path or "the command line"))


def settings_of_run(home: CoordinatorHome, run: str) -> dict[str, Any]:
    """Return the settings of an earlier run, with what its tuning chose, for the next iteration."""
    stored = RunStore(home.engine()).read(run)
    chosen = (stored.result or {}).get("settings")
    settings = stored.settings if chosen is None else RunSettings.model_validate(chosen)
    content = settings.model_dump(mode="json", exclude={"tuning": {"trials"}})
    return {**content, "iterates": run}


def show_findings(home: CoordinatorHome, run: str, console: Console) -> None:
    """Print what the run before was found to lack."""
    from server.review.keeping import read_review

    console.print(f"Next iteration from {run}:")
    for each in read_review(home.runs / run, run).findings:
        console.print(f"  {each.step}: {each.what} {each.change}", soft_wrap=True, markup=False)


def carry_out(
    home: CoordinatorHome, settings: RunSettings, console: Console, files: RunFiles | None = None
) -> StoredRun:
    """Start a run and follow it to its end; Ctrl-C stops it everywhere."""
    own = files or RunFiles()
    own.check(home, settings)
    with own_run(home, settings, "Started by a person at a terminal.") as run:
        own.keep(home.runs / run)
        contract = home.contract()
        console.print(f"{run} started, contract {contract.name} {contract.hash[:12]}")
        return begin(home, run, console)


def begin(home: CoordinatorHome, run: str, console: Console) -> StoredRun:
    """Have Flower carry out a run of the database, and follow it to its end."""
    store = RunStore(home.engine())
    try:
        flower_run = start_run(home, run)
    except JuntosError as error:
        store.finish(run, "failed", str(error))
        raise
    store.attach(run, flower_run)
    try:
        return follow(home, store, run, flower_run, console)
    except KeyboardInterrupt:
        stop_run(home, flower_run)
        store.finish(run, "stopped", "stopped from the terminal")
        raise


def follow(
    home: CoordinatorHome, store: RunStore, run: str, flower_run: str, console: Console
) -> StoredRun:
    """Print each round as it ends, until the run does."""
    shown = len(condensed(store.rounds(run), store.read(run).settings))
    checked = time.monotonic()
    with Status("starting", console=console) as status:
        while True:
            state = store.read(run)
            shown = print_new_rounds(store, state, shown, console)
            if state.status in ENDED:
                return state
            status.update(state.message)
            if time.monotonic() - checked > LIVENESS_SECONDS:
                checked = time.monotonic()
                note_dead_run(home, store, run, flower_run)
            time.sleep(POLL_SECONDS)


def print_new_rounds(store: RunStore, run: StoredRun, shown: int, console: Console) -> int:
    """Print the rounds not printed yet; return how many lines there are now."""
    lines = condensed(store.rounds(run.id), run.settings)
    if lines and belongs_to(lines[-1], run.settings) and run.status not in ENDED:
        # There is more to come of it.
        lines.pop()
    for record in lines[shown:]:
        console.print(round_line(record, run.settings), soft_wrap=True)
    return len(lines)


def note_dead_run(home: CoordinatorHome, store: RunStore, run: str, flower_run: str) -> None:
    """Say so when Flower ended the run but the run itself could not."""
    ended = run_status(home, flower_run).startswith("finished")
    if ended and store.read(run).status not in ENDED:
        store.finish(run, "failed", f"Flower ended the run; see {home.logs} for the reason")


def show(home: CoordinatorHome, run: StoredRun, console: Console) -> None:
    """Print what a run brought, if it brought anything."""
    from server.commands.engine import lines_of
    from server.comparison_table import comparison
    from server.review_lines import review_lines

    if ranked := lines_of(run):
        for line in ranked:
            console.print(line, soft_wrap=True, highlight=False)
    elif run.result is not None:
        console.print(comparison(run.result, run.settings.task.contract(home.contract())))
        console.print()
        if "review" in run.result:
            console.print(review_lines(run.result["review"]), soft_wrap=True)
            console.print()


def end(run: StoredRun, console: Console) -> None:
    """Say how the run ended, with an exit code that tells the same."""
    if run.status == "completed":
        console.print(f"{run.id} completed: {run.message}.")
    elif run.status == "partial":
        raise PartialRunError(
            f"{run.id} is partial: {run.message}.",
            "Its models are registered and marked partial.",
        )
    else:
        raise JuntosError(
            f"{run.id} {run.status}: {run.message}",
            f"`juntos coordinator resume {run.id}` goes on from its last finished round.",
        )
