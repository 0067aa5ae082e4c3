"""``juntos coordinator enrol`` and ``hospitals``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from server.enrolment.hospitals import KIT_LIFETIME, EnrolledHospital, enrol, list_hospitals
from server.home import open_home
from shared.signatures import fingerprint
from shared.terminal import print_columns


def enrol_hospital(
    name: Annotated[str, typer.Argument(help="The hospital's name in the federation.")],
    home: HomeOption = DEFAULT_HOME,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take back the key of a hospital that has joined.")
    ] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Mark it as a public collection of cases.")
    ] = False,
) -> None:
    """Enrol a hospital and write its kit, which works once."""
    from server.accounts.actions import terminal_action

    opened = open_home(home)
    step = "hospital.replace" if replace else "hospital.enrol"
    with terminal_action(opened.engine(), step, name):
        kit = enrol(opened, name, replace=replace, public=public)
    typer.echo(f"Kit for {name}: {kit}")
    typer.echo(
        f"Hand it over on a channel you trust: whoever has it can join as {name}, once, within "
        f"{KIT_LIFETIME.days} days."
    )
    typer.echo(f"Fingerprint: {fingerprint(opened.signing_key().public_key())}")
    typer.echo("Read it to the hospital by phone: `juntos node join` compares it with the kit.")


def hospitals(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """List the federation's hospitals."""
    found = list_hospitals(open_home(home).engine())
    if json_output:
        typer.echo(json.dumps([each.as_json() for each in found], indent=2))
    elif not found:
        typer.echo("No hospital is enrolled yet.")
    else:
        titles = ["hospital", "state", "records", "enrolled", "joined", "node"]
        print_columns(titles, [columns(each) for each in found])


def columns(hospital: EnrolledHospital) -> list[str]:
    """Return a hospital's line of the table."""
    return [
        hospital.name,
        hospital.state,
        "public" if hospital.is_public else "patients",
        hospital.enrolled_at,
        hospital.joined_at or "-",
        hospital.node_id or "-",
    ]
