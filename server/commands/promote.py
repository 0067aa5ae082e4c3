"""`juntos coordinator approve`, `promote`, `reject`, `rollback`: what people say to candidates."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from server.home import CoordinatorHome
    from server.promotion.candidate import Candidate

Run = Annotated[str, typer.Argument(help="The run, as `juntos coordinator runs` names it.")]
By = Annotated[str, typer.Option("--by", help="Who says so; without it, who is logged in here.")]


def approve(
    run: Run,
    name: Annotated[str, typer.Option(help="Who approves, as acceptance.toml has it.")],
    comment: Annotated[str, typer.Option(help="What they want kept with it.")] = "",
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Record that a clinician approves the chosen model of a reviewed run."""
    from server.accounts.actions import terminal_action
    from server.home import open_home
    from server.promotion.approving import approve as record

    folder = open_home(home)
    with terminal_action(folder.engine(), "candidate.approve", run, name):
        approval = record(folder, run, name, comment)
    if json_output:
        typer.echo(approval.model_dump_json())
        return
    typer.echo(f"{run}: approved by {approval.name}, {approval.date}.")


def promote(
    run: Run,
    by: By = "",
    because: Annotated[
        str, typer.Option(help="Why; needed where the gate has too little evidence.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Bring a candidate into use, if the gate, the clinicians and you say so."""
    from server.home import open_home
    from server.loop import promote as say_yes

    folder = open_home(home)
    with _action(folder, "promote", run, by, because):
        found = say_yes(folder, run, by or _person(), because)
    _tell(folder, found, json_output=json_output)


def reject(
    run: Run,
    because: Annotated[str, typer.Option(help="Why.")],
    by: By = "",
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Say no to a candidate that waits."""
    from server.home import open_home
    from server.loop import reject as say_no

    folder = open_home(home)
    with _action(folder, "reject", run, by, because):
        found = say_no(folder, run, by or _person(), because)
    _tell(folder, found, json_output=json_output)


def rollback(
    because: Annotated[str, typer.Option(help="Why; every hospital's history shows it.")],
    run: Annotated[
        str | None, typer.Argument(help="Whose model goes; without it, the one in use.")
    ] = None,
    by: By = "",
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Bring the model before back to the hospitals."""
    from server.home import open_home
    from server.loop import roll_back

    folder = open_home(home)
    with _action(folder, "rollback", run or "", by, because):
        found = roll_back(folder, by or _person(), because, run or "")
    _tell(folder, found, json_output=json_output)


def _person() -> str:
    from server.scheduling.by_hand import person

    return person()


def _action(
    home: CoordinatorHome, step: str, run: str, by: str, because: str
) -> AbstractContextManager[None]:
    """Write down what the block does: who sits here, and for whom they say it."""
    from server.accounts.actions import terminal_action

    detail = "; ".join(filter(None, (f"by {by}" if by else "", because)))
    return terminal_action(home.engine(), f"candidate.{step}", run, detail)


def _tell(home: CoordinatorHome, found: Candidate, *, json_output: bool) -> None:
    """Print where a candidate is now, and what happens next."""
    from server.promotion.telling import next_of, state_of

    if json_output:
        typer.echo(json.dumps(found.model_dump(mode="json")))
        return
    typer.echo(f"{found.id} ({found.model.label}, {found.version}): {state_of(found)}.")
    if following := next_of(home, found):
        typer.echo(f"Next: {following}")
