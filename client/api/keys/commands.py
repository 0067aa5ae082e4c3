"""``juntos node key``: who may ask the API."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.terminal import print_columns

if TYPE_CHECKING:
    from pathlib import Path

    from client.api.keys.key_book import KeyBook

app = typer.Typer(help="Keys of the API: make, list and revoke them.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="Of the system or person that will use it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _book(home: Path) -> KeyBook:
    from client.api.keys.key_book import KeyBook
    from client.privacy.database import database_url
    from client.privacy.tables import SCHEMA

    return KeyBook(SCHEMA.open(database_url(open_home(home))))


@app.command()
def add(
    name: NameArgument,
    role: Annotated[
        list[str], typer.Option("--role", help="predict, confirm, audit or admin; several times.")
    ],
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Make a key; it is shown now and never again."""
    token = _book(home).add(name, role)
    if json_output:
        typer.echo(json.dumps({"name": name, "roles": role, "key": token}))
        return
    typer.echo(token)
    typer.echo(f"The key of {name}. It is not kept here: store it where {name} runs.", err=True)


@app.command("list")
def list_keys(
    home: HomeOption = DEFAULT_HOME,
    everything: Annotated[bool, typer.Option("--all", help="Revoked ones too.")] = False,
    json_output: JsonOption = False,
) -> None:
    """List the keys, without what opens the door."""
    keys = [each for each in _book(home).all() if everything or not each.revoked]
    if json_output:
        typer.echo(json.dumps([asdict(each) for each in keys], indent=2))
        return
    rows = [
        [each.name, ", ".join(each.roles), _day(each.created), _day(each.revoked)] for each in keys
    ]
    if not rows:
        typer.echo("No keys yet. Make one: juntos node key add NAME --role predict")
        return
    print_columns(["key", "roles", "made", "revoked"], rows)


@app.command()
def revoke(name: NameArgument, home: HomeOption = DEFAULT_HOME) -> None:
    """End a key; running nodes follow within seconds."""
    _book(home).revoke(name)
    typer.echo(f"The key of {name} is revoked; running nodes refuse it within 2 seconds.")


def _day(time: str) -> str:
    return time.removesuffix("+00:00").replace("T", " ")
