"""``juntos coordinator token``: tokens with which programs ask the coordinator's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from server.home import open_home
from shared.terminal import print_columns

if TYPE_CHECKING:
    from server.accounts.services import Accounts

app = typer.Typer(help="Tokens: with them programs ask the API.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="The token's name, as the log shows it.")]


@app.command()
def add(
    name: NameArgument,
    account: Annotated[str, typer.Option("--account", help="On whose behalf it asks.")],
    role: Annotated[str, typer.Option(help="viewer, coordinator or administrator.")] = "viewer",
    days: Annotated[int, typer.Option(help="For how long it is good.")] = 90,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a token and print it, once."""
    from server.accounts.actions import at_the_terminal

    accounts = _open(home)
    with accounts.log.of(at_the_terminal(), "token.add", name, f"{role} of {account}"):
        token = accounts.api_tokens.add(name, accounts.store.get(account), role, days)
    typer.echo(token)
    typer.echo(
        f"The token {name}, good for {days} days. It is not kept here: store it where it is used.",
        err=True,
    )


@app.command("list")
def list_tokens(
    home: HomeOption = DEFAULT_HOME,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    json_output: JsonOption = False,
) -> None:
    """List the tokens, without what opens the door."""
    found = [each for each in _open(home).api_tokens.all() if everything or each.state == "active"]
    if json_output:
        typer.echo(json.dumps([each.as_json() for each in found], indent=2))
        return
    if not found:
        typer.echo("No tokens: juntos coordinator token add NAME --account ACCOUNT")
        return
    rows = [
        [each.name, each.account, each.role, each.state, each.expires_at[:10], each.used_on or "-"]
        for each in found
    ]
    print_columns(["token", "account", "role", "state", "until", "last used"], rows)


@app.command()
def revoke(name: NameArgument, home: HomeOption = DEFAULT_HOME) -> None:
    """End a token, at once."""
    from server.accounts.actions import at_the_terminal

    accounts = _open(home)
    with accounts.log.of(at_the_terminal(), "token.revoke", name):
        accounts.api_tokens.revoke(name)
    typer.echo(f"The token {name} opens nothing more.")


def _open(home: HomeOption) -> Accounts:
    from server.accounts.services import open_accounts

    return open_accounts(open_home(home))
