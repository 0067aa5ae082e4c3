"""How good federated models are: `juntos bench heart`, `digits`, `a9a`, `rare`, `join`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulations.options import Json, Seed, kinds_of, print_json


def heart(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions of the binary task.")] = 5,
    repetitions: Annotated[int, typer.Option(min=1, help="Of 5-fold, for the full task.")] = 5,
    as_json: Json = False,
) -> None:
    """Four real hospitals: FLamby's Fed-Heart-Disease, and the full task beside it."""
    from simulations.benchmarks.heart import run_heart

    result = run_heart(data, seeds, repetitions, Console(stderr=as_json))
    print_json(result, as_json)


def join(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure whether hospitals should join: alone, without and with them, and made their own."""
    from simulations.benchmarks.join import run_join

    print_json(run_join(data, seed, Console(stderr=as_json)), as_json)


def digits(as_json: Json = False) -> None:
    """More than two classes: boosted trees, grown together and bagged, on digits."""
    from simulations.benchmarks.digits import run_digits

    result = run_digits(Console(stderr=as_json))
    print_json(result, as_json)


def a9a(
    data: Annotated[Path, typer.Option(help="Folder with a9a in LIBSVM's format, two parts.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Boosted trees of two hospitals: equal to all rows in one place, and how fast."""
    from simulations.benchmarks.a9a import run_a9a

    result = run_a9a(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


def rare(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the four heart hospitals; simulated patients only without."),
    ] = None,
    repetitions: Annotated[int, typer.Option(min=1, help="Of 5-fold on the heart data.")] = 3,
    seeds: Annotated[
        int, typer.Option(min=0, help="Federations of simulated patients; 0 for none.")
    ] = 10,
    model: Annotated[
        list[str] | None, typer.Option(help="Only this kind of model on the heart data.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rare classes: what each way of helping them brings and costs, with intervals."""
    from simulations.benchmarks.rare import run_rare

    result = run_rare(data, repetitions, seeds, kinds_of(model), Console(stderr=as_json))
    print_json(result, as_json)
