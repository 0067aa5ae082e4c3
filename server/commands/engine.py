"""``juntos coordinator engine``: make an engine that ranks all known diseases."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from server.run_store import StoredRun
    from shared.run_settings import RunSettings


def engine(
    annotations: Annotated[
        Path | None,
        typer.Option(help="phenotype.hpoa of HPO; without it that of HOME/ontology, or hpo3's."),
    ] = None,
    ontology: Annotated[
        Path | None, typer.Option(help="hp.obo, for synonyms; without it that of HOME/ontology.")
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="Learn from the cases of all hospitals too.")
    ] = False,
    settings: Annotated[
        Path | None, typer.Option(help="With --learn, TOML file with the run's settings.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--set", help="With --learn, replace one setting: key=value."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option(help="Print no progress.")] = False,
) -> None:
    """Make and sign an engine that ranks all known diseases."""
    from server.home import open_home

    console = Console(stderr=as_json, quiet=quiet)
    if learn:
        refuse_files(annotations, ontology)
        learn_engine(home, learning_settings(settings, option or []), console, as_json=as_json)
        return
    from server.ranking.making import make_engine

    folder = make_engine(open_home(home), annotations, ontology)
    name = f"{folder.parent.name}/{folder.name}"
    typer.echo(f"{folder}", err=True)
    if as_json:
        sys.stdout.write(json.dumps({"engine": name, "bundle": str(folder)}) + "\n")
        return
    typer.echo(f"Deploy it with `juntos coordinator deploy {name}`.")


def refuse_files(*paths: Path | None) -> None:
    """Refuse files that a run would not read: it takes those of the coordinator's folder."""
    from shared.errors import SettingsError

    if any(path is not None for path in paths):
        raise SettingsError(
            "A run that learns takes the ontology of the coordinator's folder.",
            "Put hp.obo and phenotype.hpoa into HOME/ontology.",
        )


def learning_settings(path: Path | None, options: list[str]) -> RunSettings:
    """Put the settings of a run that learns to rank together."""
    from server.commands.train import chosen_settings

    base = chosen_settings(path, None, options)
    ranking = base.ranking.model_copy(update={"enabled": True})
    return base.model_copy(update={"ranking": ranking})


def learn_engine(home: Path, settings: RunSettings, console: Console, *, as_json: bool) -> None:
    """Start the run, show it, and end with what it brought."""
    from server.commands.train import carry_out, end
    from server.home import open_home

    run = carry_out(open_home(home), settings, console)
    for line in lines_of(run):
        console.print(line, soft_wrap=True, highlight=False)
    if as_json:
        found = {"run": run.id, "status": run.status, **(run.result or {})}
        sys.stdout.write(json.dumps(found) + "\n")
    end(run, console)


def lines_of(run: StoredRun) -> list[str]:
    """Return what a run brought, in words."""
    if not run.result or "ranking" not in run.result:
        return []
    from server.ranking.figures import RankingFigures
    from server.ranking.words import figure_lines

    found = run.result["ranking"]
    figures = RankingFigures.model_validate(
        {name: found[name] for name in RankingFigures.model_fields}
    )
    return [
        f"{found['training_cases']} training cases of {found['diseases_with_cases']} diseases; "
        f"{found['diseases']} are ranked.",
        *figure_lines(figures),
        f"Deploy it with `juntos coordinator deploy {run.id}/disease_ranking`.",
    ]
