"""What a formal guarantee costs, and what happens when a hospital's budget is spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from client.privacy.private_rows import held_out_rows
from client.sources import load_records
from server.card import HUMAN_NAMES
from server.comparison_table import Headline, cell, mean_over_patients
from server.results import comparison as compared
from shared.augmentation_settings import AugmentationSettings
from shared.bundle import read_bundle
from shared.contract import Contract
from shared.errors import JuntosError
from shared.metrics import Evaluation, evaluate
from shared.review_settings import ReviewSettings, TuningSettings
from shared.run_settings import RunSettings
from simulations.demo.commands import run_command
from simulations.demo.federation import DemoFolder
from simulations.hospitals import HospitalFiles

# Under the budget that a new node comes with.
EPSILON = 6.0
EPSILON_OF_ONE_RUN = 3.0
MOST_RUNS = 12

Train = Callable[[RunSettings, str], dict[str, Any]]


def with_guarantee(settings: RunSettings, epsilon: float) -> RunSettings:
    """Return the settings of the same run with a formal guarantee."""
    privacy = settings.privacy.model_copy(update={"guarantee": "differential", "epsilon": epsilon})
    only_without = {
        "tuning": TuningSettings(),
        "review": ReviewSettings(),
        "augmentation": AugmentationSettings(),
    }
    return settings.model_copy(update={"privacy": privacy, **only_without})


def add_private(
    result: dict[str, Any],
    contract: Contract,
    hospitals: list[HospitalFiles],
    settings: RunSettings,
    train: Train,
) -> None:
    """Train once more with a guarantee, and judge what it gave.

    The coordinator is told of this with noise; the demonstration, which has the records, looks.
    """
    chosen = with_guarantee(settings, EPSILON)
    found = train(chosen, "private")
    result["guarantee"] = {"epsilon": EPSILON, "delta": chosen.privacy.delta}
    for name, folder in found["bundles"].items():
        judged = {
            each.name: {name: judged_privately(contract, each, settings, Path(folder))}
            for each in hospitals
        }
        result["models"][name]["private"] = compared(judged, name)


def judged_privately(
    contract: Contract, hospital: HospitalFiles, settings: RunSettings, folder: Path
) -> Evaluation:
    """Judge a model by one hospital's patients that a run with a guarantee held out."""
    view = settings.task.contract(contract)
    local = load_records(contract, hospital.mapping_path).records
    records = settings.task.records(contract, local)
    held_out = records.take(np.flatnonzero(held_out_rows(records, settings)))
    return evaluate(view, held_out, read_bundle(folder).predict(held_out.table))


def guarantee_table(result: Mapping[str, Any], lead: Headline) -> Group:
    """Show both columns, and what the guarantee costs."""
    promise = result["guarantee"]
    title = Text(f"With and without a formal guarantee: {lead.words}", style="italic")
    told = Text(
        f"epsilon {promise['epsilon']:g}, delta {promise['delta']:g}; each on its own held-out "
        "patients, mean over patients"
    )
    table = Table(box=None)
    for words in ("model", "without", "with", "cost"):
        table.add_column(words, justify="left" if words == "model" else "right")
    for name, ways in result["models"].items():
        before, after = (mean_over_patients(ways[way], lead) for way in ("federated", "private"))
        cost = None if before is None or after is None else before - after
        table.add_row(HUMAN_NAMES[name], cell(before), cell(after), cell(cost))
    return Group(title, told, table)


def spend_budgets(
    folder: DemoFolder,
    hospitals: list[HospitalFiles],
    settings: RunSettings,
    train: Train,
    console: Console,
) -> dict[str, Any]:
    """Train with a guarantee again and again, until hospitals refuse."""
    privacy = settings.privacy.model_copy(update={"evaluation_share": 0.0})
    cheap = settings.model_copy(update={"models": ["boosted_trees"], "privacy": privacy})
    chosen = with_guarantee(cheap, EPSILON_OF_ONE_RUN)
    history: list[dict[str, float]] = []
    for number in range(1, MOST_RUNS + 1):
        console.print(f"\n[bold]Run {number}, epsilon {EPSILON_OF_ONE_RUN:g}[/bold]")
        try:
            train(chosen.model_copy(update={"seed": settings.seed + number}), f"private-{number}")
        except JuntosError as error:
            refusal = error.what
            history.append(spent(folder, hospitals))
            print_spent(history[-1], console)
            console.print(f"\nThe hospitals refuse:\n{refusal}", soft_wrap=True, markup=False)
            return {"runs": number, "epsilon": history, "refusal": refusal}
        history.append(spent(folder, hospitals))
        print_spent(history[-1], console)
    raise JuntosError(f"{MOST_RUNS} runs did not spend the budget.", "Look at the ledgers.")


def spent(folder: DemoFolder, hospitals: list[HospitalFiles]) -> dict[str, float]:
    """Read each hospital's ledger."""
    found = {}
    for hospital in hospitals:
        home = str(folder.node(hospital.name))
        ledger = json.loads(run_command("node", "ledger", "--home", home, "--json"))
        found[hospital.name] = float(ledger["epsilon"])
    return found


def print_spent(epsilons: Mapping[str, float], console: Console) -> None:
    """Print what each hospital's patients have been told about."""
    for name, epsilon in epsilons.items():
        bar = "▇" * round(3 * epsilon)
        console.print(f"  {name:<22} epsilon {epsilon:5.2f}  {bar}", highlight=False)
