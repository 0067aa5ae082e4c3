"""``juntos coordinator actions``: who did what."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from server.home import open_home
from shared.terminal import print_columns


def actions(
    home: HomeOption = DEFAULT_HOME,
    by: Annotated[str, typer.Option("--by", help="Of one account.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Such as candidate. or account.add")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50,
    json_output: JsonOption = False,
) -> None:
    """List who did what, when, from where, on what, and whether it was done."""
    from server.accounts.actions import ActionLog

    found = ActionLog(open_home(home).engine()).find(actor=by, action=kind, limit=limit)
    if json_output:
        typer.echo(json.dumps([each.as_json() for each in found], indent=2))
        return
    if not found:
        typer.echo("Nothing was done yet.")
        return
    rows = [
        [
            each.at.removesuffix("+00:00").replace("T", " "),
            each.actor,
            f"{each.through} {each.address}".strip(),
            each.action,
            each.subject,
            each.outcome,
            each.detail,
        ]
        for each in found
    ]
    print_columns(["UTC", "who", "from", "what", "on", "outcome", ""], rows)
