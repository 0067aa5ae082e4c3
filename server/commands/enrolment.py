"""``juntos coordinator enrol | hospitals | let-in | keep-out | revoke``."""

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


def approve_hospital(
    name: Annotated[str, typer.Argument(help="A hospital that used its kit and waits.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Let a hospital in that waits; compare its fingerprint by phone first."""
    from server.accounts.actions import terminal_action
    from server.enrolment.approving import approve_join

    opened = open_home(home)
    with terminal_action(opened.engine(), "hospital.approve", name):
        node = approve_join(opened, name)
    typer.echo(f"{name} is in: node {node}.")


def decline_hospital(
    name: Annotated[str, typer.Argument(help="A hospital that used its kit and waits.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Keep a hospital out that waits; it would need a new kit."""
    from server.accounts.actions import terminal_action
    from server.enrolment.approving import decline_join

    opened = open_home(home)
    with terminal_action(opened.engine(), "hospital.refuse", name):
        decline_join(opened, name)
    typer.echo(f"{name} stays out.")


def revoke_hospital(
    name: Annotated[str, typer.Argument(help="A hospital that has joined.")],
    because: Annotated[str, typer.Option(help="Why; kept with it.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Shut a hospital out at once; the others are not touched."""
    from server.accounts.actions import terminal_action
    from server.enrolment.ending import end_membership

    opened = open_home(home)
    with terminal_action(opened.engine(), "hospital.revoke", name):
        end_membership(opened, name, "revoked", because)
    typer.echo(f"{name} is out. A run that goes on cuts it off within seconds.")


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
        hospital.node_id or fingerprint_of(hospital),
    ]


def fingerprint_of(hospital: EnrolledHospital) -> str:
    """Return what is compared by phone before a hospital is let in."""
    if hospital.state != "pending" or hospital.public_key is None:
        return "-"
    from shared.node_keys import key_fingerprint

    return key_fingerprint(hospital.public_key)
