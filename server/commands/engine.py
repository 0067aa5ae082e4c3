"""``juntos coordinator engine``: make an engine that ranks all known diseases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.commands.options import DEFAULT_HOME, HomeOption


def engine(
    annotations: Annotated[
        Path | None,
        typer.Option(help="phenotype.hpoa of HPO; without it that of HOME/ontology, or hpo3's."),
    ] = None,
    ontology: Annotated[
        Path | None, typer.Option(help="hp.obo, for synonyms; without it that of HOME/ontology.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make and sign an engine that ranks all known diseases by what is published of them."""
    from server.home import open_home
    from server.ranking.making import make_engine

    folder = make_engine(open_home(home), annotations, ontology)
    name = f"{folder.parent.name}/{folder.name}"
    typer.echo(f"{folder}", err=True)
    typer.echo(f"Deploy it with `juntos coordinator deploy {name}`.")
