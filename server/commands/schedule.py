"""`juntos coordinator schedule | queue | request | cancel`: what runs when, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption

SHOWN_REQUESTS = 20


def schedule(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """Say what comes next, when, and why."""
    from server.home import open_home
    from server.scheduling.upcoming import upcoming
    from shared.terminal import print_columns

    coming = upcoming(open_home(home))
    if json_output:
        typer.echo(json.dumps([each.model_dump(mode="json") for each in coming], indent=2))
        return
    if not coming:
        typer.echo("Nothing is scheduled, and nothing waits. The calendar is in schedule.toml.")
        return
    rows = [
        [
            when(each.at),
            each.kind,
            "" if each.request is None else str(each.request),
            sentences(each.reason, each.held_back_by),
        ]
        for each in coming
    ]
    print_columns(["when", "kind", "request", "why"], rows)


def queue(
    home: HomeOption = DEFAULT_HOME,
    everything: Annotated[
        bool, typer.Option("--all", help="All requests ever made, not the last ones only.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """List what was asked for: what waits, what runs, how each ended, and who asked why."""
    from server.home import open_home
    from server.scheduling.queue import RunQueue
    from shared.terminal import print_columns

    found = RunQueue(open_home(home).engine()).all()
    shown = found if everything else found[-SHOWN_REQUESTS:]
    if json_output:
        typer.echo(json.dumps([each.model_dump(mode="json") for each in shown], indent=2))
        return
    if not found:
        typer.echo("Nothing was asked for yet.")
        return
    rows = [
        [
            str(each.id),
            each.kind,
            each.status,
            each.run_id or "",
            each.requested_by,
            when(each.requested_at),
            sentences(each.reason, each.message),
        ]
        for each in shown
    ]
    print_columns(["id", "kind", "status", "run", "asked by", "asked at", "why"], rows)
    if len(shown) < len(found):
        typer.echo(f"{len(found) - len(shown)} earlier ones are listed with --all.")


def request(
    kind: Annotated[str, typer.Argument(help="learn, evaluate, watch, deploy or explore.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence; it is kept with the run.")],
    home: HomeOption = DEFAULT_HOME,
    settings: Annotated[
        Path | None,
        typer.Option(help="TOML file with the run's settings; of a deployment, with its model."),
    ] = None,
    model: Annotated[str, typer.Option(help="What to deploy; without it, the model in use.")] = "",
    hospitals: Annotated[
        str, typer.Option(help="Deploy to these only: names with commas between.")
    ] = "",
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Deploy as a challenger, whose answers are not shown.")
    ] = False,
    urgent: Annotated[
        bool, typer.Option("--urgent", help="First of all, without quiet hours or cool-down.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Ask for a run; it begins when the federation is free."""
    from server.accounts.actions import terminal_action
    from server.home import open_home
    from server.scheduling.by_hand import person
    from server.scheduling.preparing import checked_content
    from server.scheduling.queue import RunQueue
    from server.scheduling.request import BY_PERSON, URGENT
    from shared.settings_file import read_toml

    opened = open_home(home)
    content = read_toml(settings) if settings else {}
    if kind == "deploy":
        names = [name.strip() for name in hospitals.split(",") if name.strip()]
        given = {"model": model, "hospitals": names, "shadow": shadow}
        content = {**content, **{key: value for key, value in given.items() if value}}
    priority = URGENT if urgent else BY_PERSON
    with terminal_action(opened.engine(), "run.request", kind, reason):
        checked = checked_content(opened, kind, content)
        found = RunQueue(opened.engine()).request(kind, reason, checked, person(), priority)  # type: ignore[arg-type]
    if json_output:
        typer.echo(json.dumps({"request": found, "kind": kind, "reason": reason}))
    else:
        typer.echo(f"Request {found} ({kind}) waits. `juntos coordinator schedule` says for what.")


def cancel(
    identifier: Annotated[int, typer.Argument(help="As `juntos coordinator queue` lists it.")],
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Take back a request; a run that goes on is stopped at every hospital."""
    from server.accounts.actions import terminal_action
    from server.home import open_home
    from server.scheduling.by_hand import person
    from server.scheduling.queue import RunQueue

    engine = open_home(home).engine()
    with terminal_action(engine, "run.cancel", str(identifier)):
        found = RunQueue(engine).cancel(identifier, f"Cancelled by {person()}.")
    if json_output:
        typer.echo(json.dumps(found.model_dump(mode="json")))
    elif found.status == "running":
        typer.echo(f"Request {found.id}: {found.run_id} will be stopped in a moment.")
    else:
        typer.echo(f"Request {found.id} is cancelled.")


def when(time: str | None) -> str:
    """Return a time as people read it."""
    return "now" if time is None else f"{time[:16].replace('T', ' ')} UTC"


def sentences(*parts: str) -> str:
    """Return what people wrote and what follows as sentences, one after the other."""
    return " ".join(part if part[-1] in ".:?" else f"{part}." for part in parts if part)
