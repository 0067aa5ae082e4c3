"""`juntos node erase`: one patient's rows are never read again."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from client.home import NodeHome, open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import DataError, SettingsError
from shared.terminal import print_columns


def erase(
    patient: Annotated[
        str,
        typer.Argument(
            help="The patient's number at this hospital; asked for, unseen, without it.",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where the source has no row of the patient.")
    ] = False,
    list_all: Annotated[
        bool, typer.Option("--list", help="Show when patients were erased.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Never read one patient's rows again, and remove what the node keeps of them."""
    opened = open_home(home)
    if list_all:
        print_erasures(opened, json_output)
    else:
        erase_patient(opened, patient, yes, anyway, json_output)


def print_erasures(home: NodeHome, json_output: bool) -> None:
    """Print when patients were erased, and not who."""
    from client.privacy.erasure import erasures

    times = [each.time for each in erasures(home)]
    if json_output:
        typer.echo(json.dumps({"erased": times}, indent=2))
        return
    if times:
        shown = [time.removesuffix("+00:00").replace("T", " ") for time in times]
        print_columns(["no.", "erased"], [[str(n), time] for n, time in enumerate(shown, start=1)])
        typer.echo("")
    typer.echo(f"{patients(len(times))} erased.")


def erase_patient(home: NodeHome, patient: str, yes: bool, anyway: bool, json_output: bool) -> None:
    """Look for a patient, ask whether to go on, erase; the number is neither printed nor kept."""
    from client.privacy.erasure import Found, erase, find_patient, removed_words

    number = patient or typer.prompt("Patient's number", hide_input=True, confirmation_prompt=True)
    try:
        found: Found = find_patient(home, number)
    except DataError:
        # Somebody may have to be erased just when the source is away.
        if not anyway:
            raise
        found = find_patient(home, number, look=False)
    if not found.rows and found.erased is None and not anyway:
        raise SettingsError(
            "The source has no row of this patient; nothing was erased.",
            "Look at the number, or say --anyway: it is then not read when it comes.",
        )
    if not yes:
        question = f"{rows(found.rows)} of one patient will never be read again. Go on?"
        typer.confirm(question, abort=True)
    erased = erase(home, found)
    if json_output:
        told = {"rows": found.rows, "removed": erased.removed, "entry": erased.entry}
        typer.echo(json.dumps({**told, "erased_before": found.erased is not None}, indent=2))
        return
    before = f" Erased before, on {found.erased.time[:10]}." if found.erased else ""
    typer.echo(
        f"Erased: {rows(found.rows)} of one patient, not read any more; "
        f"{removed_words(erased.removed)}. Entry {erased.entry} of the ledger says so.{before}"
    )


def rows(count: int) -> str:
    """Return a number of rows in words."""
    return "1 row" if count == 1 else f"{count} rows"


def patients(count: int) -> str:
    """Return who is erased, in words."""
    return "1 patient is" if count == 1 else f"{count} patients are"
