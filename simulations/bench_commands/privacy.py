"""What privacy costs and keeps: `juntos bench privacy`, `attack`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulations.options import Json, Seed, print_json


def privacy(
    data: Annotated[Path, typer.Option(help="Folder with a9a in LIBSVM's format, two parts.")],
    heart: Annotated[
        Path | None, typer.Option(help="Folder of the four heart hospitals; without it a9a only.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions on a9a.")] = 3,
    heart_seeds: Annotated[int, typer.Option(min=1, help="Repetitions on heart.")] = 5,
    as_json: Json = False,
) -> None:
    """Measure what a formal guarantee costs: private trees and networks, secret sums."""
    from simulations.benchmarks.privacy import run_privacy

    result = run_privacy(data, heart, seeds, heart_seeds, Console(stderr=as_json))
    print_json(result, as_json)


def attack(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the four heart hospitals; simulated patients without it."),
    ] = None,
    shadows: Annotated[int, typer.Option(min=4, help="Shadow models of each target.")] = 16,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Attack models trained with care and by heart: who was trained on, what is hidden."""
    from simulations.benchmarks.attack import run_attack

    result = run_attack(data, shadows, seed, Console(stderr=as_json))
    print_json(result, as_json)
