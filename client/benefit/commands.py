"""`juntos node benefit`: what the hospital has from the federation, on its own patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.benefit.comparing import Benefit
    from client.home import NodeHome
    from shared.records import Records


def benefit(
    home: HomeOption = DEFAULT_HOME,
    bundle: Annotated[
        Path | None, typer.Option(help="A model's folder; the one in use without it.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="With --bundle: of a hospital that is in no federation yet."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("benefit"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the own model, the federation's, and that made the hospital's own; send nothing."""
    from client.benefit.reporting import write_benefit

    found = measured(home, bundle, mapping)
    page = write_benefit(found, out)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    show(found)
    typer.echo(f"{page} has it in full; nothing of it was sent.")


def measured(home: Path, bundle: Path | None, mapping: Path | None) -> Benefit:
    """Measure with the model in use, or with one that was given.

    Raises
    ------
    SettingsError, DataError
        When there is no model, or no records to judge by.
    """
    from client.benefit.measuring import benefit_at, benefit_outside
    from client.home import open_home
    from shared.bundle import read_bundle
    from shared.bundle.reading import read_manifest
    from shared.errors import SettingsError

    if mapping is not None:
        if bundle is None:
            raise SettingsError("--mapping needs a model.", "Give its folder with --bundle.")
        return benefit_outside(mapping, read_bundle(bundle))
    node = open_home(home)
    folder = bundle or model_in_use(home)
    made = read_manifest(folder).created_at
    return benefit_at(node, read_bundle(folder, node.coordinator_key()), records_of(node, made))


def model_in_use(home: Path) -> Path:
    """Return the folder of the model that answers at this hospital.

    Raises
    ------
    SettingsError
        When there is none.
    """
    from client.serving.commands import opened
    from shared.errors import SettingsError

    store = opened(home)
    active = next((each for each in store.models() if each.role == "active"), None)
    if active is None:
        raise SettingsError(
            "No model is in use at this hospital.",
            "Wait until the coordinator deploys one, or give a model's folder with --bundle.",
        )
    return store.folder_of(active.digest)


def records_of(node: NodeHome, made: str) -> Records | None:
    """Return the records as they were when a model was made; None where no snapshot has them.

    Of records added since, some that are kept back now may have been learned from then.
    """
    from client.snapshots.opening import open_archive

    archive = open_archive(node)
    before = [each for each in archive.all() if each.time <= made]
    if not before or before[-1].contract_hash != node.contract().hash:
        return None
    return archive.read(before[-1]).records


def show(found: Benefit) -> None:
    """Print the three ways, and what the pairs showed."""
    from client.benefit.reporting import PACKAGE, answers, ways_table
    from shared.pages.words import Catalogue, words

    say = Catalogue(PACKAGE)
    table = ways_table(found, say)
    print_columns(
        [words(each).en for each in table.titles],
        [[words(each).en for each in row] for row in table.rows],
    )
    for each in answers(found, say):
        typer.echo(each.en)
