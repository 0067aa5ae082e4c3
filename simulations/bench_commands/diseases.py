"""Ranking diseases, reading notes: `juntos bench phenopackets`, `rankings`, `public`, `notes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulations.options import Json, Seed, print_json


def phenopackets(
    train: Annotated[Path, typer.Option(help="Table of published cases to learn from, CSV.")],
    test: Annotated[
        Path | None, typer.Option(help="Cases to judge by; five folds of the first without it.")
    ] = None,
    sites: Annotated[int, typer.Option(min=1, help="Hospitals: groups of publications.")] = 8,
    ontology: Annotated[
        Path | None, typer.Option(help="Folder with hp.obo and phenotype.hpoa; fetched without.")
    ] = None,
    orphanet: Annotated[bool, typer.Option("--orphanet", help="Its diseases too.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="Only diseases in training.")] = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Rank 8,000 diseases by findings: hospitals together, on publications nobody learned from."""
    from simulations.benchmarks.phenopackets import run_phenopackets
    from simulations.benchmarks.phenopackets_protocol import Options

    options = Options(sites, seed, orphanet, closed)
    result = run_phenopackets(train, test, ontology, options, Console(stderr=as_json))
    print_json(result, as_json)


def rankings(
    ontology: Annotated[
        Path | None, typer.Option(help="Folder with hp.obo and phenotype.hpoa; hpo3's without.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each measurement.")] = 20.0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Time full rankings of all known diseases at a hospital, audited, by both engines."""
    from simulations.benchmarks.rankings import run_rankings

    print_json(run_rankings(ontology, seconds, seed, Console(stderr=as_json)), as_json)


def public(
    data: Annotated[Path, typer.Option(help="The table of published cases, CSV.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Let published cases join four hospitals as one of their own: what that brings."""
    from simulations.benchmarks.public_collection import run_public

    result = run_public(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


def notes(
    ontology: Annotated[
        Path | None, typer.Option(help="hp.obo of an HPO release, for synonyms.")
    ] = None,
    count: Annotated[int, typer.Option(min=2, help="Made-up notes, half in each language.")] = 240,
    cases: Annotated[
        Path | None, typer.Option(help="The table of published cases: also rank by notes of them.")
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="phenotype.hpoa, to rank with; hpo3's without it.")
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Read findings out of made-up notes in English and Spanish: precision and recall."""
    from simulations.benchmarks.notes import run_notes

    console = Console(stderr=as_json)
    result = run_notes(ontology, count, seed, console, cases, annotations)
    print_json(result, as_json)
