"""How fast and how far: `juntos bench rounds`, `streams`, `scale`, `predict`, `fhir`, `parquet`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulations.options import Json, Seed, print_json


def rounds(
    number: Annotated[
        int | None, typer.Option("--rounds", min=1, help="Rounds to time; 20 without it.")
    ] = None,
    stock_rounds: Annotated[
        int | None, typer.Option(min=0, help="Rounds of stock Flower, at about 12 s each.")
    ] = None,
    values: Annotated[int, typer.Option(min=1, help="Length of the vector.")] = 1_000,
    simulation: Annotated[
        bool, typer.Option("--simulation", help="In this process, against Flower's Ray.")
    ] = False,
    sites: Annotated[int, typer.Option(min=1, help="Hospitals of the simulation.")] = 100,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Time a federated round: the session against stock Flower."""
    console = Console(stderr=as_json)
    if simulation:
        from simulations.benchmarks.simulated_rounds import simulated_rounds

        result = simulated_rounds(sites, number or 20, seed, with_ray=True)
        console.print_json(data=result)
    else:
        from simulations.benchmarks.rounds import run_rounds

        stock = 20 if stock_rounds is None else stock_rounds
        result = run_rounds(number or 20, stock, values, console)
    print_json(result, as_json)


def streams(
    number: Annotated[int, typer.Option("--streams", min=1, help="Hospitals.")] = 100,
    number_of_rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds.")] = 20,
    values: Annotated[int, typer.Option(min=1, help="Length of the vector.")] = 1_000,
    as_json: Json = False,
) -> None:
    """Measure what many streams cost the coordinator: memory, time and bytes a round."""
    from simulations.benchmarks.streams import run_streams

    result = run_streams(number, number_of_rounds, values, Console(stderr=as_json))
    print_json(result, as_json)


def scale(
    rows: Annotated[int, typer.Option(min=1, help="Rows of 50 columns at one node.")] = 10_000_000,
    hospitals: Annotated[int, typer.Option(min=2, help="Simulated, that train.")] = 1_000,
    number: Annotated[int, typer.Option("--streams", min=1, help="At one coordinator.")] = 200,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the four heart hospitals; nothing is trained without it."),
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure many rows at a hospital, many hospitals in a simulation, many streams."""
    from simulations.benchmarks.scale import run_scale

    print_json(run_scale(rows, hospitals, number, data, seed, Console(stderr=as_json)), as_json)


def predict(
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each measurement.")] = 10.0,
    swaps: Annotated[int, typer.Option(min=1, help="Of the model, under load.")] = 20,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Time answers at a hospital, audited, against FastAPI alone and MLflow; swap under load."""
    from simulations.benchmarks.predict import run_predict

    result = run_predict(seconds, swaps, seed, Console(stderr=as_json))
    print_json(result, as_json)


def fhir(
    patients: Annotated[int, typer.Option(min=1, help="Patients, of about 13 resources.")] = 20_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure how fast a FHIR export is read on one core, and what is kept of a patient."""
    from simulations.benchmarks.fhir_source import run_fhir_source

    result = run_fhir_source(patients, seed, Console(stderr=as_json))
    print_json(result, as_json)


def parquet(
    rows: Annotated[int, typer.Option(min=1, help="Rows, each a patient.")] = 10_000_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure the time and memory that checking a large Parquet file takes."""
    from simulations.benchmarks.parquet_source import run_parquet_source

    result = run_parquet_source(rows, seed, Console(stderr=as_json))
    print_json(result, as_json)
