"""`juntos coordinator sign-off`: approvals that clinicians give in advance, within limits."""

from __future__ import annotations

import datetime
import json
from typing import Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption

app = typer.Typer(
    help="Sign in advance for what the federation retrains by itself, within limits.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def give(
    name: Annotated[str, typer.Option(help="Who signs, as acceptance.toml has it.")],
    until: Annotated[
        datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day it holds.")
    ],
    role: Annotated[str, typer.Option(help="Their role.")] = "",
    largest_class_drop: Annotated[
        float, typer.Option(min=0, max=1, help="No class may be found less often by more.")
    ] = 0.0,
    least_gain: Annotated[
        float, typer.Option(min=-1, max=1, help="It must be right more often by this much.")
    ] = 0.0,
    comment: Annotated[str, typer.Option(help="What they want kept with it.")] = "",
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Record a standing sign-off: it serves in place of an approval of each run."""
    from server.accounts.actions import terminal_action
    from server.home import open_home
    from server.promotion.sign_off_store import SignOffStore

    engine = open_home(home).engine()
    with terminal_action(engine, "sign_off.give", name, f"until {until.date()}"):
        given = SignOffStore(engine).give(
            name,
            until.date(),
            role=role,
            largest_class_drop=largest_class_drop,
            least_gain=least_gain,
            comment=comment,
        )
    if json_output:
        typer.echo(given.model_dump_json())
        return
    typer.echo(f"Standing sign-off {given.id} of {name} holds until {given.ends_on}.")


@app.command("list")
def list_all(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """List standing sign-offs, those that ended too."""
    from server.home import open_home
    from server.promotion.sign_off_store import SignOffStore
    from shared.terminal import print_columns

    found = SignOffStore(open_home(home).engine()).all()
    if json_output:
        typer.echo(json.dumps([each.model_dump(mode="json") for each in found]))
        return
    today = datetime.datetime.now(datetime.UTC).date()
    print_columns(
        ["number", "name", "role", "until", "class drop", "gain", "state"],
        [
            [
                str(each.id),
                each.name,
                each.role or "-",
                each.ends_on.isoformat(),
                f"{each.largest_class_drop:g}",
                f"{each.least_gain:g}",
                "holds" if each.holds_on(today) else "ended",
            ]
            for each in found
        ],
    )


@app.command()
def withdraw(
    number: Annotated[int, typer.Argument(help="As `sign-off list` has it.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """End a standing sign-off now."""
    from server.accounts.actions import terminal_action
    from server.home import open_home
    from server.promotion.sign_off_store import SignOffStore

    engine = open_home(home).engine()
    with terminal_action(engine, "sign_off.withdraw", str(number)):
        ended = SignOffStore(engine).withdraw(number)
    typer.echo(f"The standing sign-off {number} of {ended.name} has ended.")
