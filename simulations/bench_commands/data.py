"""What is found in data: `juntos bench labels`, `mapping`, `drift`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulations.options import Json, Seed, print_json


def labels(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Find wrong diagnoses: how many of those flipped stand first in a hospital's queue."""
    from simulations.benchmarks.labels import run_labels

    result = run_labels(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


def mapping(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure how much of a hospital's mapping the assistant proposes rightly."""
    from simulations.benchmarks.mapping import run_mapping

    result = run_mapping(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


def drift(
    repetitions: Annotated[int, typer.Option(min=1, help="Of each change.")] = 20,
    without: Annotated[int, typer.Option(min=1, help="Of watches without a change.")] = 100,
    sizes: Annotated[
        str, typer.Option(help="Rows of a window: numbers with commas between.")
    ] = "100,200,400,1000",
    as_json: Json = False,
) -> None:
    """Tell sick feeds from changed patients, and both from chance, by size of the window."""
    from simulations.benchmarks.drift import run_drift

    chosen = tuple(int(each) for each in sizes.split(","))
    result = run_drift(repetitions, without, chosen, Console(stderr=as_json))
    print_json(result, as_json)
