"""The demonstration from beginning to end."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from client.sources import load_records
from server.comparison_table import comparison, headline
from server.results import comparison as compared
from shared.contract import Contract, load_contract
from shared.errors import JuntosError
from shared.run_settings import RunSettings, run_settings
from simulations.demo.commands import juntos
from simulations.demo.federation import (
    POLICY_AS_SHIPPED,
    DemoFolder,
    prepare_folder,
    running_federation,
    write_hospitals,
)
from simulations.demo.guarantee import add_private, guarantee_table, spend_budgets
from simulations.demo.keeping import (
    case_of,
    curl,
    deploy_everywhere,
    make_key,
    sign_in_link,
    wait_for_end,
)
from simulations.demo.prediction import explained_prediction, held_out_patient
from simulations.figures import comparison_figure
from simulations.hospitals import HospitalFiles
from simulations.in_process import evaluate_pooled

PARTIAL = 8


def demonstrate(
    out: Path,
    data: Path | None,
    seed: int,
    options: list[str],
    console: Console,
    *,
    every_form: bool = False,
    keep: bool = False,
) -> dict[str, Any]:
    """Run the whole demonstration; return its figures.

    Parameters
    ----------
    out : Path
        Folder for everything it makes.
    data : Path or None
        Folder of the four heart hospitals; None for simulated patients.
    options : list of str
        Settings of the run, ``key=value``.
    every_form : bool
        Whether each hospital keeps its data in another system; see `write_hospitals`.
    keep : bool
        Whether the hospitals stay up with the best model until Ctrl-C.
    """
    begun = time.monotonic()
    folder = prepare_folder(out)
    contract = load_contract("heart_disease" if data else "rare_disease")
    settings = run_settings(
        {"seed": seed, "holdout": {"seed": seed}, "minimum_hospitals": 2}, options, "--set"
    )
    hospitals = write_hospitals(folder, data, seed, every_form=every_form)
    introduce(console, contract, hospitals, data)
    with running_federation(folder, hospitals, contract.name, console):
        console.print("\n[bold]Training[/bold]")
        result = train(folder, settings, console, "run")
        console.print("\n[bold]Training with a formal guarantee[/bold]")
        train_again = partial(train_named, folder, console)
        add_private(result, contract, hospitals, settings, train_again)
        if keep:
            finish(console, folder, contract, settings, hospitals, result, begun)
            keep_up(console, folder, contract, settings, hospitals, result)
            return result
    finish(console, folder, contract, settings, hospitals, result, begun)
    return result


def finish(
    console: Console,
    folder: DemoFolder,
    contract: Contract,
    settings: RunSettings,
    hospitals: list[HospitalFiles],
    result: dict[str, Any],
    begun: float,
) -> None:
    """Compare with pooled records, and show what came of it."""
    add_pooled(result, contract, hospitals, settings)
    show(console, folder, contract, settings, hospitals, result)
    result["seconds"] = round(time.monotonic() - begun, 1)
    console.print(f"Done in {result['seconds']:.0f} s. Everything is in {folder.root}.")


def keep_up(
    console: Console,
    folder: DemoFolder,
    contract: Contract,
    settings: RunSettings,
    hospitals: list[HospitalFiles],
    result: dict[str, Any],
) -> None:
    """Have all hospitals answer with the best model until Ctrl-C, and show how to ask one."""
    console.print("\n[bold]Answering[/bold]")
    names, first = [each.name for each in hospitals], hospitals[0]
    model = f"{result['run']}/{best_model(result, contract, settings)}"
    result["apis"] = deploy_everywhere(folder, names, model, console)
    patient = held_out_patient(contract, settings, first.mapping_path)
    key = make_key(folder.node(first.name))
    command = curl(result["apis"][first.name], key, case_of(contract, patient))
    console.print(f"\nAsk {first.name} about a patient whom no model has seen:\n")
    # Not folded, not coloured: it is to be pasted.
    console.print(command, highlight=False, markup=False, soft_wrap=True)
    link = sign_in_link(folder.node(first.name))
    console.print(f"\nOpen the clinic's page of {first.name}; this link signs you in once:\n")
    console.print(link, highlight=False, markup=False, soft_wrap=True)
    another = f"juntos node clinic invite NAME --home {folder.node(first.name)}"
    console.print(f"\nAnother link: {another}", soft_wrap=True)
    wait_for_end(console)


def best_model(result: dict[str, Any], contract: Contract, settings: RunSettings) -> str:
    """Return the kind of model that is best on patients no model has seen."""
    lead = headline(settings.task.contract(contract))
    models = result["models"]
    return str(max(models, key=lambda name: lead.of(models[name]["federated"]["overall"]) or 0))


def demonstrate_privacy(
    out: Path, data: Path | None, seed: int, options: list[str], console: Console
) -> dict[str, Any]:
    """Train with a formal guarantee until the hospitals' budgets are spent; see `demonstrate`."""
    begun = time.monotonic()
    folder = prepare_folder(out)
    contract = load_contract("heart_disease" if data else "rare_disease")
    settings = run_settings({"seed": seed, "minimum_hospitals": 2}, options, "--set")
    hospitals = write_hospitals(folder, data, seed)
    introduce(console, contract, hospitals, data)
    with running_federation(folder, hospitals, contract.name, console, POLICY_AS_SHIPPED):
        result = spend_budgets(
            folder, hospitals, settings, partial(train_named, folder, console), console
        )
    result["seconds"] = round(time.monotonic() - begun, 1)
    console.print(f"Done in {result['seconds']:.0f} s. Everything is in {folder.root}.")
    return result


def introduce(
    console: Console, contract: Contract, hospitals: list[HospitalFiles], data: Path | None
) -> None:
    """Say what is about to happen, and whether the patients are real."""
    patients = "real patients" if data else "SIMULATED patients, sampled from disease annotations"
    console.print(
        f"[bold]{len(hospitals)} hospitals, {sum(each.rows for each in hospitals)} {patients}, "
        f"{len(contract.leaves)} diagnoses[/bold]"
    )


def train_named(
    folder: DemoFolder, console: Console, settings: RunSettings, name: str
) -> dict[str, Any]:
    """Train under a name."""
    return train(folder, settings, console, name)


def train(folder: DemoFolder, settings: RunSettings, console: Console, name: str) -> dict[str, Any]:
    """Run `juntos coordinator train`, passing on its progress."""
    chosen = folder.root / f"{name}.toml"
    write_settings(settings, chosen)
    command = juntos(
        *("coordinator", "train", "--home", str(folder.coordinator)),
        *("--settings", str(chosen), "--json"),
    )
    output = folder.root / f"{name}.json"
    with (
        output.open("wb") as file,
        subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE, text=True) as run,
    ):
        assert run.stderr is not None  # noqa: S101 - asked for above
        said = pass_on_rounds(run.stderr, console)
    if run.returncode not in (0, PARTIAL):
        raise JuntosError(f"The run failed:\n{said}")
    result: dict[str, Any] = json.loads(output.read_text().splitlines()[-1])
    return result


def pass_on_rounds(lines: Iterable[str], console: Console) -> str:
    """Print the lines about rounds as they come; return everything that was said."""
    said = []
    for line in lines:
        said.append(line)
        if line.startswith("  ok ") or "ATTENTION" in line or "left out" in line:
            console.print(line.rstrip(), highlight=False, soft_wrap=True)
    return "".join(said)


def write_settings(settings: RunSettings, path: Path) -> None:
    """Write the run's settings as a person would have."""
    import tomli_w

    path.write_text(tomli_w.dumps(settings.model_dump(mode="json", exclude_none=True)))


def add_pooled(
    result: dict[str, Any],
    contract: Contract,
    hospitals: list[HospitalFiles],
    settings: RunSettings,
) -> None:
    """Add what all records in one place would have given; only a demonstration can know."""
    records = {each.name: load_records(contract, each.mapping_path).records for each in hospitals}
    pooled = evaluate_pooled(contract, records, settings)
    for name in result["models"]:
        result["models"][name]["pooled"] = compared(pooled, name)


def show(
    console: Console,
    folder: DemoFolder,
    contract: Contract,
    settings: RunSettings,
    hospitals: list[HospitalFiles],
    result: dict[str, Any],
) -> None:
    """Print the table and one explained prediction; draw the figure; say where things are."""
    view = settings.task.contract(contract)
    console.print()
    console.print(comparison(result, view))
    console.print()
    console.print(guarantee_table(result, headline(view)))
    figure = folder.root / "comparison.svg"
    title = "What federating brings each hospital, on patients no model has seen"
    comparison_figure(result, headline(view), title, figure)
    result["figure"] = str(figure)
    best = best_model(result, contract, settings)
    patient = held_out_patient(contract, settings, hospitals[0].mapping_path)
    console.print()
    console.print(explained_prediction(Path(result["bundles"][best]), patient, hospitals[0].name))
    console.print()
    console.print(f"Figure          {figure}")
    console.print(f"Model registry  {result['tracking']}")
    for registered in result["registered"].values():
        console.print(f"                {registered['name']} version {registered['version']}")
