"""``juntos node contract``: the contract this hospital follows, and the one that waits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption

if TYPE_CHECKING:
    from client.contracts.fitting import Fit
    from shared.contract import Contract

app = typer.Typer(
    help="See the data contract, and accept a new version of it.",
    no_args_is_help=True,
    add_completion=False,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """Show the contract that this hospital follows; nobody is asked."""
    from client.contracts.description import described, rows_of
    from client.home import open_home
    from shared.terminal import print_columns

    contract = open_home(home).contract()
    if json_output:
        typer.echo(contract.model_dump_json(indent=2))
        return
    typer.echo(described(contract))
    print_columns(["feature", "kind", "what"], rows_of(contract))


@app.command()
def diff(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """Say what the coordinator's contract changes, for the records and for this mapping."""
    from client.contracts.fitting import fit_of
    from client.contracts.offered import offered_contract
    from client.home import open_home
    from shared.contract_changes import compare
    from shared.contract_changes.words import in_words

    opened = open_home(home)
    old, new = opened.contract(), offered_contract(opened).contract
    changes = compare(old, new)
    fit = fit_of(old, new, opened.mapping_file)
    if json_output:
        typer.echo(
            json.dumps(
                {
                    "old": old.version,
                    "new": new.version,
                    "changes": [change.model_dump() for change in changes],
                    "mapping": {"complaint": fit.complaint, "unmapped": fit.unmapped},
                },
                indent=2,
            )
        )
        return
    if old.hash == new.hash:
        typer.echo(f"This hospital follows the current contract, {new.name} {new.version}.")
        return
    typer.echo("\n".join(in_words(old, new, changes)))
    typer.echo("")
    typer.echo(f"This hospital's mapping: {_mapping_in_words(fit, new)}")
    for block in fit.blocks:
        typer.echo("\n" + block.rstrip())


@app.command()
def accept(
    home: HomeOption = DEFAULT_HOME,
    mapping: Annotated[
        Path | None,
        typer.Option(help="The mapping for the new version, if the present one does not fit."),
    ] = None,
) -> None:
    """Follow the coordinator's contract from now on, once the mapping fits it."""
    from client.contracts import accepting
    from client.contracts.offered import offered_contract
    from client.home import open_home

    opened = open_home(home)
    old = opened.contract()
    offered = offered_contract(opened)
    fit = accepting.accept(opened, offered, mapping)
    new = offered.contract
    if new.hash == old.hash:
        typer.echo(f"This hospital follows {new.name} {new.version}; the coordinator knows.")
    else:
        typer.echo(f"This hospital follows {new.name} {new.version} from now on.")
        typer.echo(f"Kept       {opened.contract_file}, version {old.version}")
    if fit.unmapped:
        typer.echo(f"Mapping    {_mapping_in_words(fit, new)}")
        for block in fit.blocks:
            typer.echo("\n" + block.rstrip())
        typer.echo("")
    typer.echo(f"Next       juntos node check --home {home}")


def _mapping_in_words(fit: Fit, contract: Contract) -> str:
    if fit.complaint:
        return f"does not fit yet.\n{fit.complaint}"
    if fit.unmapped:
        return (
            f"fits {contract.version}. No column maps to {', '.join(fit.unmapped)}: missing for "
            "every patient until the lines below are filled in and added to it."
        )
    return f"fits {contract.version}; nothing is to do."
