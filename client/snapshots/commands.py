"""`juntos node data`: versions of this hospital's records."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import SettingsError
from shared.terminal import print_columns

data = typer.Typer(help="Versions of this hospital's records.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NameArgument = Annotated[str, typer.Argument(help="Of a snapshot, or how it begins.")]
TITLES = ("snapshot", "first seen", "rows", "set aside", "contract", "decisions", "seen by runs")


@data.command("snapshot")
def take(home: HomeOption = DEFAULT_HOME) -> None:
    """Read the source, with the clinicians' decisions, and keep what it gives."""
    from client.snapshots.opening import take_snapshot

    found = take_snapshot(open_home(home))
    typer.echo(f"Snapshot {found.name}: {found.rows} rows of {found.contract}, encrypted.")


@data.command("list")
def list_snapshots(home: HomeOption = DEFAULT_HOME, json_output: Json = False) -> None:
    """Show all snapshots, the oldest first."""
    from client.snapshots.opening import open_archive

    archive = open_archive(open_home(home))
    found, used = archive.all(), archive.pinned()
    if json_output:
        parts = [{"snapshot": each.name, **each.model_dump()} for each in found]
        typer.echo(json.dumps(parts, indent=2))
        return
    rows = [
        [
            each.name + (" (in use)" if each.name == used else ""),
            each.time[:19].replace("T", " "),
            f"{each.rows}" + (f" ({each.erased} erased)" if each.erased else ""),
            str(each.rows_set_aside),
            each.contract,
            each.overlay[:8] or "none",
            str(len(each.runs)),
        ]
        for each in found
    ]
    print_columns(TITLES, rows)
    if not found:
        typer.echo("No snapshot yet: one is kept whenever a run sees other records than before.")


@data.command("diff")
def diff(
    earlier: NameArgument,
    later: NameArgument,
    home: HomeOption = DEFAULT_HOME,
    json_output: Json = False,
) -> None:
    """Show which rows came, went and changed, and how far each feature moved."""
    from client.snapshots.comparing import compare
    from client.snapshots.opening import open_archive

    opened = open_home(home)
    archive = open_archive(opened)
    before, after = (archive.read(archive.find(each)) for each in (earlier, later))
    found = compare(archive.contract(before.snapshot), before, after)
    if json_output:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    typer.echo(
        f"{found.came} rows came, {found.went} went, {found.changed} changed, "
        f"{found.same} are the same.\n"
    )
    rows = [
        [
            each.feature or "diagnosis",
            str(each.changed),
            f"{each.missing_before:.1%}",
            f"{each.missing_after:.1%}",
            f"{each.distance:.3f}",
        ]
        for each in found.features
    ]
    print_columns(["feature", "changed", "missing before", "after", "distance"], rows)
    typer.echo("\nDistance: Jensen-Shannon, 0 for the same distribution, 1 for nothing in common.")


@data.command("restore")
def restore(
    name: Annotated[str, typer.Argument(help="Of a snapshot, or how it begins.")] = "",
    source: Annotated[bool, typer.Option("--source", help="Use the source again.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Have runs see a snapshot in place of the source, until --source."""
    from client.snapshots.opening import open_archive

    if bool(name) == source:
        raise SettingsError("Give the name of a snapshot, or --source.")
    archive = open_archive(open_home(home))
    if source:
        archive.pin(None)
        typer.echo("Runs see the source again.")
        return
    snapshot = archive.find(name)
    archive.read(snapshot)
    archive.pin(snapshot)
    typer.echo(
        f"Runs see snapshot {snapshot.name} ({snapshot.rows} rows, first seen {snapshot.time}). "
        "Go back with `juntos node data restore --source`."
    )


@data.command("thin")
def thin(
    days: Annotated[int, typer.Option(help="Remove snapshots first seen longer ago.", min=0)],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Remove old snapshots; what the policy says is removed by itself."""
    from client.snapshots.opening import open_archive

    removed = open_archive(open_home(home)).remove_older(days)
    typer.echo(f"{removed} snapshot{'' if removed == 1 else 's'} removed.")
