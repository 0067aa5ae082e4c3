"""``juntos coordinator contract``: the data contract as it changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from shared.contract import Contract
    from shared.contract_changes import Change

app = typer.Typer(
    help="See and change the federation's data contract.",
    no_args_is_help=True,
    add_completion=False,
)

File = Annotated[str, typer.Argument(help="A TOML file, or a proposed version.")]
Side = Annotated[str, typer.Argument(help="A file, a version of this federation, or `current`.")]


@app.command()
def propose(file: File, home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """Check a new version against the current one, say what it changes, and write it down."""
    from server.accounts.actions import terminal_action
    from server.contracts.proposing import read_proposal
    from server.home import open_home

    opened = open_home(home)
    with terminal_action(opened.engine(), "contract.propose", file):
        proposal = read_proposal(opened, file)
        opened.contracts().propose(proposal.contract, proposal.text)
    _print(proposal.current, proposal.contract, proposal.changes, json_output=json_output)
    if not json_output:
        version = proposal.contract.version
        typer.echo(f"Next: juntos coordinator contract publish {version} --home {home}")


@app.command()
def diff(
    old: Side, new: Side, home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False
) -> None:
    """Say what differs between two versions, and what that means for records and mappings."""
    from server.contracts.proposing import text_of
    from server.contracts.store import contract_of
    from server.home import open_home
    from shared.contract_changes import compare

    opened = open_home(home)
    before, after = (contract_of(text_of(opened, name), name) for name in (old, new))
    _print(before, after, compare(before, after), json_output=json_output)


@app.command()
def publish(file: File, home: HomeOption = DEFAULT_HOME) -> None:
    """Make a version the federation's contract; each hospital accepts it for itself."""
    from server.accounts.actions import terminal_action
    from server.contracts import proposing
    from server.home import open_home

    opened = open_home(home)
    with terminal_action(opened.engine(), "contract.publish", file):
        proposal = proposing.read_proposal(opened, file)
        waiting = proposing.publish(opened, proposal)
    _print(proposal.current, proposal.contract, proposal.changes, json_output=False)
    typer.echo(f"Contract {proposal.contract.version} is published.")
    if waiting:
        typer.echo(
            f"Runs leave out {', '.join(waiting)} until there\n"
            "    juntos node contract accept\nwas run; `juntos node check` says so too."
        )


@app.command("list")
def list_versions(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """List published versions, and proposals, with the hospitals that accepted each."""
    from server.enrolment.hospitals import hospital_names
    from server.home import open_home
    from shared.terminal import print_columns

    opened = open_home(home)
    store, names = opened.contracts(), hospital_names(opened.engine()).values()
    current = store.current()
    rows = []
    for each in store.all():
        state = "proposed" if each.number is None else "earlier"
        state = "current" if each.hash == current.hash else state
        accepted = sorted(store.accepted(each.hash, names))
        rows.append((each.version, state, each.published_at or "-", accepted, each.hash))
    if json_output:
        keys = ("version", "state", "published_at", "accepted", "hash")
        typer.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    print_columns(
        ["version", "state", "published", "accepted by", "hash"],
        [
            [version, state, published, ", ".join(accepted) or "-", found[:12]]
            for version, state, published, accepted, found in rows
        ],
    )


def _print(old: Contract, new: Contract, changes: list[Change], *, json_output: bool) -> None:
    from shared.contract_changes.version_rule import required_level
    from shared.contract_changes.words import in_words

    if json_output:
        content = {
            "old": old.version,
            "new": new.version,
            "level": required_level(changes),
            "changes": [change.model_dump() for change in changes],
        }
        typer.echo(json.dumps(content, indent=2))
    else:
        typer.echo("\n".join(in_words(old, new, changes)))
