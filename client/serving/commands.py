"""`juntos node models`: the models that answer at this hospital."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.options import DEFAULT_HOME, HomeOption
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.serving.model_store import ModelStore
    from client.serving.stored_model import StoredModel

models = typer.Typer(help="The models that answer at this hospital.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FolderArgument = Annotated[Path, typer.Argument(help="A bundle that the coordinator signed.")]
EngineOption = Annotated[
    bool, typer.Option("--engine", help="Of the engine that ranks diseases, not of the model.")
]
TITLES = ("model", "digest", "state", "installed", "from", "registry")
EVENTS = {
    "installed": "active",
    "shadow": "challenger",
    "shadow_ended": "no challenger any more",
    "rolled_back": "went back, and pinned",
    "pinned": "pinned",
    "unpinned": "follows the coordinator",
    "refused": "refused",
}


def opened(home: Path, *, ranks: bool = False) -> ModelStore:
    """Open a store of a node's folder, without a model in memory.

    Parameters
    ----------
    ranks : bool
        That of engines that rank diseases, and not that of models.
    """
    from client.home import open_home
    from client.ranking.opening import open_rankings
    from client.serving.services import open_store
    from client.serving.settings import read_settings

    found = open_home(home)
    settings = read_settings(found.path)
    if ranks:
        return open_rankings(found, settings, answers=False)
    return open_store(found, settings, answers=False)


def is_engine(folder: Path) -> bool:
    """Say whether a bundle's folder says that it ranks diseases."""
    from shared.bundle.manifest import MANIFEST
    from shared.bundle.ranking_files import is_ranking

    path = folder / MANIFEST
    return path.is_file() and is_ranking(path.read_bytes())


@models.command("list")
def list_models(home: HomeOption = DEFAULT_HOME, json_output: Json = False) -> None:
    """Show all models in the store, the newest first."""
    found = [*opened(home).models(), *opened(home, ranks=True).models()]
    if json_output:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2))
        return
    print_columns(TITLES, [row(each) for each in found])
    if not found:
        typer.echo("No model yet: the coordinator deploys one, or `juntos node models install`.")


@models.command()
def install(
    folder: FolderArgument,
    home: HomeOption = DEFAULT_HOME,
    as_shadow: Annotated[
        bool, typer.Option("--shadow", help="As a challenger whose answers are not shown.")
    ] = False,
) -> None:
    """Verify a bundle, try it out and put it to use; without the coordinator being reached."""
    found = opened(home, ranks=is_engine(folder)).install(folder, shadow=as_shadow)
    typer.echo(f"{found.version} ({found.digest[:12]}) is {state(found)}.")


@models.command()
def rollback(home: HomeOption = DEFAULT_HOME, engine: EngineOption = False) -> None:
    """Go back to the model before, and stay with it until `unpin`."""
    found = opened(home, ranks=engine).rollback()
    typer.echo(f"{found.version} ({found.digest[:12]}) answers again, and is pinned.")
    typer.echo("Deployments are refused until `juntos node models unpin`.")


@models.command()
def pin(home: HomeOption = DEFAULT_HOME, engine: EngineOption = False) -> None:
    """Stay with the active model, whatever the coordinator deploys."""
    found = opened(home, ranks=engine).pin()
    typer.echo(f"{found.version} is pinned; deployments are refused until it is unpinned.")


@models.command()
def unpin(home: HomeOption = DEFAULT_HOME, engine: EngineOption = False) -> None:
    """Follow the coordinator again, from its next deployment."""
    found = opened(home, ranks=engine).unpin()
    typer.echo(f"{found.version} answers until the coordinator deploys another one.")


@models.command()
def shadow(
    folder: Annotated[
        Path | None, typer.Argument(help="A bundle that the coordinator signed.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    end: Annotated[bool, typer.Option("--end", help="Ask the challenger no more.")] = False,
) -> None:
    """Have a challenger answer too, for the record only; or end it."""
    if end == (folder is not None):
        raise typer.BadParameter("give a bundle's folder, or --end")
    store = opened(home)
    if folder is None:
        store.end_shadow()
        typer.echo("There is no challenger any more.")
        return
    found = store.install(folder, shadow=True)
    typer.echo(f"{found.version} ({found.digest[:12]}) answers beside the active model, unseen.")


@models.command("test")
def try_again(
    digest: Annotated[str | None, typer.Argument(help="Of a model, or how it begins.")] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Verify a model again and answer its golden cases; the active one without a digest."""
    from shared.errors import BundleError

    store = opened(home)
    chosen = [
        each
        for each in store.models()
        if (each.digest.startswith(digest) if digest else each.role == "active")
    ]
    if len(chosen) != 1:
        raise BundleError(f"{len(chosen)} models fit.", "`juntos node models list` shows them.")
    found = store.test(chosen[0].digest)
    typer.echo(
        f"{chosen[0].version}: {found.cases} golden cases as promised; an answer takes "
        f"{1000 * found.median:.2f} ms, 99 of 100 at most {1000 * found.slowest:.2f} ms."
    )


@models.command()
def history(home: HomeOption = DEFAULT_HOME, json_output: Json = False) -> None:
    """Show what happened to this hospital's models, the oldest first."""
    found = opened(home).events()
    if json_output:
        typer.echo(json.dumps([each.model_dump() for each in found], indent=2))
        return
    rows = [
        [
            each.at[:19].replace("T", " "),
            EVENTS[each.what],
            each.version,
            each.digest[:12],
            each.source or "",
            each.reason,
        ]
        for each in found
    ]
    print_columns(("time (UTC)", "what", "model", "digest", "from", "why"), rows)


def row(model: StoredModel) -> list[str]:
    """Return one line of the list."""
    time = model.installed_at[:19].replace("T", " ")
    return [model.version, model.digest[:12], state(model), time, model.source, model.label]


def state(model: StoredModel) -> str:
    """Say what a model is for, in words."""
    words = {"active": "active", "shadow": "challenger", "kept": "kept"}[model.role]
    return f"{words}, pinned" if model.pinned else words
