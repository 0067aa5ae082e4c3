"""`juntos node ledger | pause | resume | approve`: what an administrator sees and decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from client.home import NodeHome, open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import SettingsError
from shared.terminal import print_columns


def ledger(
    home: HomeOption = DEFAULT_HOME,
    run: Annotated[str, typer.Option(help="Only what this run asked for.")] = "",
    payload: Annotated[
        int | None, typer.Option(help="Print what left with this entry, as it left.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Check every entry.")] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write a page with everything, to open in a browser.")
    ] = None,
) -> None:
    """Show everything that left this hospital, and what it told about any one patient."""
    opened = open_home(home)
    if page is not None:
        print_page(opened, page, run)
    elif payload is not None:
        print_payload(opened, payload)
    elif verify:
        print_verification(opened)
    else:
        print_ledger(opened, run, json_output)


def print_page(home: NodeHome, file: Path, run: str) -> None:
    """Write the page, and say where it is."""
    from client.egress_page import render, write
    from client.egress_page.gathering import gather

    content = gather(home, run)
    write(file, render(content))
    count = len(content.items)
    typer.echo(f"{file} shows {count} {'item' if count == 1 else 'items'}; only you can read it.")


def print_payload(home: NodeHome, number: int) -> None:
    """Print a copy of an answer as JSON."""
    from client.privacy.egress import EGRESS_FOLDER, KeptPayloads, payload_words
    from client.privacy.opening import open_ledger
    from client.privacy.report import sending_of

    sending = sending_of(number, open_ledger(home).entries())
    content = KeptPayloads(home.path / EGRESS_FOLDER).read(sending.number)
    typer.echo(json.dumps(payload_words(content), indent=2))


def print_verification(home: NodeHome) -> None:
    """Check the chain, and print how it ends, to be kept elsewhere."""
    from client.privacy.opening import open_ledger

    last = open_ledger(home).verify()
    if last is None:
        typer.echo("The ledger is empty.")
    else:
        typer.echo(f"{last.number} entries, each as it was written; the last has {last.hash}")


def print_ledger(home: NodeHome, run: str, json_output: bool) -> None:
    """Print what left, then how much of the budget is used."""
    from client.privacy.opening import open_ledger
    from client.privacy.policy import read_policy
    from client.privacy.report import TITLES, budget_words, entry_rows, ledger_json

    policy, entries = read_policy(home.policy_file), open_ledger(home).entries()
    if json_output:
        typer.echo(json.dumps(ledger_json(entries, policy, run), indent=2))
        return
    print_columns(TITLES, entry_rows(entries, policy, run))
    typer.echo("\n" + budget_words(entries, policy))


def pause(home: HomeOption = DEFAULT_HOME) -> None:
    """Let nothing leave this hospital from now on, whatever is running."""
    from client.privacy.pause import pause as pause_node

    pause_node(open_home(home).path)
    typer.echo("Paused: every question is refused. End it with `juntos node resume`.")


def resume(home: HomeOption = DEFAULT_HOME) -> None:
    """Answer again after a pause."""
    from client.privacy.pause import resume as resume_node

    resume_node(open_home(home).path)
    typer.echo("Resumed: questions are answered as the policy says.")


def approve(
    code: Annotated[
        str, typer.Argument(metavar="HASH", help="SHA-256 of a Flower app.", show_default=False)
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    list_all: Annotated[bool, typer.Option("--list", help="Show what is approved.")] = False,
) -> None:
    """Let this node run a Flower app beside the one of its release."""
    from client.privacy.policy import read_policy
    from client.privacy.policy_file import approve_code

    file: Path = open_home(home).policy_file
    if not list_all and not code:
        raise SettingsError("No hash is given.", "Give one, or --list.")
    if code:
        approve_code(file, code)
    for each in read_policy(file).approved_code:
        typer.echo(each)
