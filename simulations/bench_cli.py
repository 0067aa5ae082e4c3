"""`juntos bench`: a command for each protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from simulations.options import Json, Seed, kinds_of, print_json

bench_app = typer.Typer(add_completion=False, no_args_is_help=True)


@bench_app.command()
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


@bench_app.command()
def join(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure whether hospitals should join: alone, without and with them, and made their own."""
    from simulations.benchmarks.join import run_join

    print_json(run_join(data, seed, Console(stderr=as_json)), as_json)


@bench_app.command()
def digits(as_json: Json = False) -> None:
    """More than two classes: boosted trees, grown together and bagged, on digits."""
    from simulations.benchmarks.digits import run_digits

    result = run_digits(Console(stderr=as_json))
    print_json(result, as_json)


@bench_app.command()
def a9a(
    data: Annotated[Path, typer.Option(help="Folder with a9a in LIBSVM's format, two parts.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Boosted trees of two hospitals: equal to all rows in one place, and how fast."""
    from simulations.benchmarks.a9a import run_a9a

    result = run_a9a(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


@bench_app.command()
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


@bench_app.command()
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


@bench_app.command()
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


@bench_app.command()
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


@bench_app.command()
def public(
    data: Annotated[Path, typer.Option(help="The table of published cases, CSV.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Let published cases join four hospitals as one of their own: what that brings."""
    from simulations.benchmarks.public_collection import run_public

    result = run_public(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


@bench_app.command()
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


@bench_app.command()
def labels(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Find wrong diagnoses: how many of those flipped stand first in a hospital's queue."""
    from simulations.benchmarks.labels import run_labels

    result = run_labels(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


@bench_app.command()
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


@bench_app.command()
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


@bench_app.command()
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


@bench_app.command()
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


@bench_app.command()
def fhir(
    patients: Annotated[int, typer.Option(min=1, help="Patients, of about 13 resources.")] = 20_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure how fast a FHIR export is read on one core, and what is kept of a patient."""
    from simulations.benchmarks.fhir_source import run_fhir_source

    result = run_fhir_source(patients, seed, Console(stderr=as_json))
    print_json(result, as_json)


@bench_app.command()
def parquet(
    rows: Annotated[int, typer.Option(min=1, help="Rows, each a patient.")] = 10_000_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure the time and memory that checking a large Parquet file takes."""
    from simulations.benchmarks.parquet_source import run_parquet_source

    result = run_parquet_source(rows, seed, Console(stderr=as_json))
    print_json(result, as_json)


@bench_app.command()
def mapping(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure how much of a hospital's mapping the assistant proposes rightly."""
    from simulations.benchmarks.mapping import run_mapping

    result = run_mapping(data, seed, Console(stderr=as_json))
    print_json(result, as_json)


@bench_app.command()
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


@bench_app.command()
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


bench = typer.main.get_command(bench_app)
