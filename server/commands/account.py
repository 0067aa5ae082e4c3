"""``juntos coordinator account``: who may sign in to the dashboard."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from server.home import CoordinatorHome, open_home
from shared.terminal import print_columns

if TYPE_CHECKING:
    from server.accounts.account import Account
    from server.accounts.services import Accounts

app = typer.Typer(help="Accounts: who may see and steer the federation.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="The account's name.")]
RoleOption = Annotated[str, typer.Option("--role", help="viewer, coordinator or administrator.")]
LinkOption = Annotated[
    bool, typer.Option("--link", help="Print a link that works once instead of asking.")
]


@app.command()
def add(
    name: NameArgument, role: RoleOption, home: HomeOption = DEFAULT_HOME, link: LinkOption = False
) -> None:
    """Make an account; the password is asked here, or chosen with a link."""
    opened, accounts = _open(home)
    with _log(accounts, "account.add", name, role):
        account = accounts.store.add(name, role)
    _give_password(opened, accounts, account, link=link)


@app.command()
def reset(name: NameArgument, home: HomeOption = DEFAULT_HOME, link: LinkOption = False) -> None:
    """Give an account another password; the old one, and whoever is signed in with it, is out."""
    from server.accounts.services import refuse_provider_account

    opened, accounts = _open(home)
    account = accounts.store.get(name)
    with _log(accounts, "account.reset", name):
        refuse_provider_account(account)
        accounts.store.take_password(name)
    _give_password(opened, accounts, account, link=link)


@app.command()
def disable(name: NameArgument, home: HomeOption = DEFAULT_HOME) -> None:
    """Let an account do nothing more; its sessions and tokens end at once."""
    _, accounts = _open(home)
    with _log(accounts, "account.disable", name):
        accounts.store.disable(name)
    typer.echo(f"{name} can no longer sign in; sessions and tokens are over.")


@app.command()
def enable(name: NameArgument, home: HomeOption = DEFAULT_HOME) -> None:
    """Let an account that was disabled sign in again."""
    _, accounts = _open(home)
    with _log(accounts, "account.enable", name):
        accounts.store.enable(name)
    typer.echo(f"{name} can sign in again.")


@app.command("role")
def change_role(
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="viewer, coordinator or administrator.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Let an account do more, or less."""
    _, accounts = _open(home)
    with _log(accounts, "account.role", name, role):
        accounts.store.set_role(name, role)
    typer.echo(f"{name} is {role} now.")


@app.command("list")
def list_accounts(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """List the accounts."""
    _, accounts = _open(home)
    found = accounts.store.all()
    if json_output:
        typer.echo(json.dumps([each.as_json() for each in found], indent=2))
        return
    if not found:
        typer.echo("No accounts yet: juntos coordinator account add NAME --role administrator")
        return
    rows = [
        [each.name, each.role, each.state, each.signed_in_at or "never", each.issuer or "password"]
        for each in found
    ]
    print_columns(["account", "role", "state", "signed in", "by"], rows)


def _open(home: HomeOption) -> tuple[CoordinatorHome, Accounts]:
    from server.accounts.services import open_accounts

    opened = open_home(home)
    return opened, open_accounts(opened)


def _log(
    accounts: Accounts, action: str, subject: str, detail: str = ""
) -> AbstractContextManager[None]:
    from server.accounts.actions import at_the_terminal

    return accounts.log.of(at_the_terminal(), action, subject.lower(), detail)


def _give_password(
    opened: CoordinatorHome, accounts: Accounts, account: Account, *, link: bool
) -> None:
    """Ask for a password where somebody sits at a terminal, or print a link that works once."""
    from server.accounts.links import password_link

    if not link and sys.stdin.isatty():
        with _log(accounts, "account.password", account.name):
            accounts.set_password(account, _asked(account, accounts))
        typer.echo(f"{account.name} ({account.role}) can sign in.")
        return
    with _log(accounts, "account.link", account.name):
        made = password_link(accounts, opened.settings, account)
    typer.echo(made)
    hours = accounts.settings.link_hours
    typer.echo(
        f"With it {account.name} ({account.role}) chooses a password, once, within {hours} hours. "
        "Hand it over on a channel you trust.",
        err=True,
    )


def _asked(account: Account, accounts: Accounts) -> str:
    """Ask until there is a password that is taken."""
    from server.accounts.passwords import WeakPasswordError

    while True:
        password = typer.prompt(
            f"Password of {account.name}", hide_input=True, confirmation_prompt="Once more"
        )
        try:
            accounts.check_password(account, password)
        except WeakPasswordError as error:
            typer.echo(str(error), err=True)
        else:
            return str(password)
