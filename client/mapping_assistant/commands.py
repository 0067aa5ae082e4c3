"""`juntos node map`: propose the mapping file of a hospital's data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.home import SETTINGS_FILE, NodeHome, open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import SettingsError
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.mapping_assistant.proposal import Proposal
    from shared.contract import Contract

DEFAULT_OUT = Path("mapping.toml")


def map_source(
    source: Annotated[
        str,
        typer.Argument(
            help="A CSV, Excel or Parquet file, a FHIR export, or a database's URL.",
            show_default=False,
        ),
    ],
    contract: Annotated[
        str, typer.Option(help="A shipped contract or a file; without it the node's.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="The file to write; without it the node's mapping.")
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="Of a database: the query whose rows are the records.")
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="Of a database: a table. Of a spreadsheet: a sheet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Propose a mapping file from a look at the data, for a person to finish."""
    from client.mapping_assistant.opening import open_sample
    from client.mapping_assistant.proposing import SMALLEST_CELL, propose
    from client.mapping_assistant.writing import mapping_text

    opened = _home(home, needed=not contract)
    path = out or (opened.mapping_file if opened is not None else DEFAULT_OUT)
    agreed = _contract(contract, opened)
    _refuse_overwriting(path, agreed, force=force)
    sample = open_sample(source, path.absolute().parent, query, table, agreed)
    proposal = propose(agreed, sample, _smallest_cell(opened) or SMALLEST_CELL)
    if not proposal.columns and proposal.label is None:
        raise SettingsError(
            f"No column of {sample.name} looks like anything of {agreed.name} {agreed.version}.",
            "See that it is the right data and contract.",
        )
    text = mapping_text(proposal, sample.name)
    check_text(text, proposal, path)
    _write(text, path)
    _print(proposal, path, opened)


def _home(home: Path, *, needed: bool) -> NodeHome | None:
    """Return the node's folder; None where there is none and the contract is given otherwise."""
    if needed or (home / SETTINGS_FILE).is_file():
        return open_home(home)
    return None


def _contract(given: str, home: NodeHome | None) -> Contract:
    from shared.contract import load_contract

    if given:
        return load_contract(given)
    if home is None:
        raise SettingsError("No contract is given.", "Give --contract or --home.")
    return home.contract()


def _smallest_cell(home: NodeHome | None) -> int | None:
    from client.privacy.policy import read_policy

    return None if home is None else read_policy(home.policy_file).smallest_cell


def _refuse_overwriting(path: Path, contract: Contract, *, force: bool) -> None:
    """Refuse to replace a file; the template that joining wrote is nobody's work."""
    from client.sources.template import mapping_template

    if force or not path.exists():
        return
    try:
        untouched = path.read_text(encoding="utf-8") == mapping_template(contract)
    except (OSError, UnicodeDecodeError):
        untouched = False
    if not untouched:
        raise SettingsError(
            f"{path} exists.", "Name another file with --out, or replace it with --force."
        )


def check_text(text: str, proposal: Proposal, path: Path) -> None:
    """Refuse a proposal that the node itself would refuse, before anything is written.

    Raises
    ------
    SettingsError
        When it does not fit the contract.
    """
    import tomllib

    from client.sources.agreement import check_agreement
    from client.sources.mapping import Mapping
    from shared.settings_file import parse

    content = tomllib.loads(text)
    if content["label"]["column"] and content.get("column"):
        check_agreement(proposal.contract, parse(Mapping, content, str(path)), str(path))


def _write(text: str, path: Path) -> None:
    """Write the file whole or not at all; a database's URL in it may hold a password."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def _print(proposal: Proposal, path: Path, home: NodeHome | None) -> None:
    from client.mapping_assistant.summary import TITLES, closing_words, summary_rows

    print_columns(TITLES, summary_rows(proposal))
    typer.echo("\n" + "\n".join(closing_words(proposal)))
    typer.echo(f"Wrote {path}")
    where = "" if home is None else f" --home {home.path}"
    typer.echo(f"Next: finish it, then run juntos node check{where}")
