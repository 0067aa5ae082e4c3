"""`juntos demo`, `juntos simulate` and `juntos pretrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared.errors import SettingsError
from shared.session.settings import Transport
from simulations.options import Json, Seed, print_json

demo_app = typer.Typer(add_completion=False)
simulate_app = typer.Typer(add_completion=False)
pretrain_app = typer.Typer(add_completion=False)


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
    live: Annotated[
        bool,
        typer.Option("--live", help="Hospitals change meanwhile; the federation runs by itself."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Enrol four hospitals on this machine, train three kinds of model, show what it brought."""
    from simulations.demo.demonstration import demonstrate, demonstrate_privacy

    if live:
        from simulations.demo.live.story import demonstrate_live

        if data or private or every_form or keep or option:
            raise SettingsError(
                "--live has simulated patients and settings of its own.",
                "Leave --data, --set, --private, --every-form and --keep out.",
            )
        print_json(demonstrate_live(out, seed, Console(stderr=as_json)), as_json)
        return
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
    print_json(result, as_json)


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
    from simulations.experiments.running import run_experiment

    summary = run_experiment(scenario, out, data, Console(stderr=as_json))
    print_json(summary, as_json)


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
