"""`juntos demo`, `juntos simulate` and `juntos bench`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from shared.errors import SettingsError
from shared.run_settings import MODEL_NAMES, ModelName
from shared.session.settings import Transport

demo_app = typer.Typer(add_completion=False)
simulate_app = typer.Typer(add_completion=False)
pretrain_app = typer.Typer(add_completion=False)
bench_app = typer.Typer(add_completion=False, no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on the last line.")]
Seed = Annotated[int, typer.Option(help="Of everything random.")]


def kinds_of(models: list[str] | None) -> list[ModelName]:
    """Return the kinds of model to run, all without a choice."""
    unknown = sorted(set(models or []) - set(MODEL_NAMES))
    if unknown:
        known = ", ".join(MODEL_NAMES)
        raise SettingsError(f"There is no kind of model {unknown[0]!r}.", f"Kinds: {known}.")
    return [each for each in MODEL_NAMES if not models or each in models]


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object as the last line."""
    sys.stdout.write(json.dumps(content) + "\n")


@demo_app.command()
def run_demo(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the four heart hospitals; simulated patients without it."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for everything it makes.")] = Path(
        "juntos-demo"
    ),
    seed: Seed = 0,
    option: Annotated[
        list[str] | None, typer.Option("--set", help="Replace one setting of the run: key=value.")
    ] = None,
    transport: Annotated[
        Transport, typer.Option(help="How rounds travel: one stream a run, or Flower's messages.")
    ] = "session",
    private: Annotated[
        bool,
        typer.Option("--private", help="Train with a formal guarantee until budgets are spent."),
    ] = False,
    every_form: Annotated[
        bool,
        typer.Option(
            "--every-form", help="With --data: a hospital each in FHIR, OMOP, Spanish CSV, Parquet."
        ),
    ] = False,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave the hospitals up with the best model until Ctrl-C."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Enrol four hospitals on this machine, train three kinds of model, show what it brought."""
    from simulations.demo.demonstration import demonstrate, demonstrate_privacy

    options, console = [f"transport={transport}", *(option or [])], Console(stderr=as_json)
    if private and keep:
        raise SettingsError(
            "--private trains until the budgets are spent, and keeps no model to answer with.",
            "Give --private or --keep.",
        )
    if private:
        result = demonstrate_privacy(out, data, seed, options, console)
    else:
        result = demonstrate(out, data, seed, options, console, every_form=every_form, keep=keep)
    if as_json:
        print_json(result)


@simulate_app.command()
def run_simulation(
    scenario: Annotated[Path, typer.Argument(help="TOML file that describes the experiment.")],
    out: Annotated[Path, typer.Option(help="Folder for tables and figures.")] = Path(
        "juntos-simulation"
    ),
    data: Annotated[Path | None, typer.Option(help="Folder of the data it reads.")] = None,
    as_json: Json = False,
) -> None:
    """Run an experiment in this process and write its tables and figures."""
    from simulations.experiment import run_experiment

    summary = run_experiment(scenario, out, data, Console(stderr=as_json))
    if as_json:
        print_json(summary)


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
    if as_json:
        print_json(result)


@bench_app.command()
def digits(as_json: Json = False) -> None:
    """More than two classes: boosted trees, grown together and bagged, on digits."""
    from simulations.benchmarks.digits import run_digits

    result = run_digits(Console(stderr=as_json))
    if as_json:
        print_json(result)


@bench_app.command()
def a9a(
    data: Annotated[Path, typer.Option(help="Folder with a9a in LIBSVM's format, two parts.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Boosted trees of two hospitals: equal to all rows in one place, and how fast."""
    from simulations.benchmarks.a9a import run_a9a

    result = run_a9a(data, seed, Console(stderr=as_json))
    if as_json:
        print_json(result)


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
    if as_json:
        print_json(result)


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
    if as_json:
        print_json(result)


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
    if as_json:
        print_json(result)


@bench_app.command()
def public(
    data: Annotated[Path, typer.Option(help="The table of published cases, CSV.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Let published cases join four hospitals as one of their own: what that brings."""
    from simulations.benchmarks.public_collection import run_public

    result = run_public(data, seed, Console(stderr=as_json))
    if as_json:
        print_json(result)


@bench_app.command()
def labels(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Find wrong diagnoses: how many of those flipped stand first in a hospital's queue."""
    from simulations.benchmarks.labels import run_labels

    result = run_labels(data, seed, Console(stderr=as_json))
    if as_json:
        print_json(result)


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
    if as_json:
        print_json(result)


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
    if as_json:
        print_json(result)


@bench_app.command()
def fhir(
    patients: Annotated[int, typer.Option(min=1, help="Patients, of about 13 resources.")] = 20_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure how fast a FHIR export is read on one core, and what is kept of a patient."""
    from simulations.benchmarks.fhir_source import run_fhir_source

    result = run_fhir_source(patients, seed, Console(stderr=as_json))
    if as_json:
        print_json(result)


@bench_app.command()
def parquet(
    rows: Annotated[int, typer.Option(min=1, help="Rows, each a patient.")] = 10_000_000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure the time and memory that checking a large Parquet file takes."""
    from simulations.benchmarks.parquet_source import run_parquet_source

    result = run_parquet_source(rows, seed, Console(stderr=as_json))
    if as_json:
        print_json(result)


@bench_app.command()
def mapping(
    data: Annotated[Path, typer.Option(help="Folder with the four heart hospitals' CSV files.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Measure how much of a hospital's mapping the assistant proposes rightly."""
    from simulations.benchmarks.mapping import run_mapping

    result = run_mapping(data, seed, Console(stderr=as_json))
    if as_json:
        print_json(result)


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
    if as_json:
        print_json(result)


@pretrain_app.command()
def run_pretraining(
    contract: Annotated[str, typer.Option(help="A shipped contract's name, or a file.")],
    out: Annotated[Path, typer.Option(help="Folder for the network's bundle.")],
    patients: Annotated[int, typer.Option(min=2, help="To sample of each disease.")] = 150,
    settings: Annotated[
        Path | None, typer.Option(help="TOML file of the run that will start from it.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--set", help="Replace one setting: key=value.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Teach a network by patients sampled from published disease annotations, to start from."""
    from shared.contract import load_contract
    from shared.ontology import HumanPhenotypeOntology
    from shared.run_settings import run_settings
    from shared.settings_file import read_toml
    from simulations.knowledge import pretrain, sampled_records

    loaded = load_contract(contract)
    content = read_toml(settings) if settings else {}
    chosen = run_settings({**content, "seed": seed}, option or [], str(settings or "options"))
    records = sampled_records(loaded, HumanPhenotypeOntology(), patients, seed)
    folder = pretrain(loaded, chosen, records, out)
    Console().print(
        f"{len(records)} sampled patients of {len(loaded.leaves)} diseases. To start from it:\n"
        f'--set neural_network.transfer.start_from="{folder.resolve()}"',
        soft_wrap=True,
        markup=False,
    )


demo = typer.main.get_command(demo_app)
pretraining = typer.main.get_command(pretrain_app)
simulate = typer.main.get_command(simulate_app)
bench = typer.main.get_command(bench_app)
