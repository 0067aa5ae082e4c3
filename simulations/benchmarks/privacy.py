"""What a formal guarantee costs: private trees of two hospitals, and four hospitals' heart disease.

Every figure is of a model that learned from noised sums alone; each hospital counts on no noise but
its own, so that the noise in a sum grows with the hospitals in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from client.training.local_models import judge
from shared.contract import Contract, load_contract
from shared.holdout import split
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from simulations.benchmarks import a9a
from simulations.benchmarks.heart import (
    DROPPED,
    binary_settings,
    complete_rows,
    contract_of_protocol,
    number,
    read_hospitals,
)
from simulations.benchmarks.private_boosting_rival import is_installed, rival_area
from simulations.benchmarks.secret_sums import secret_sums
from simulations.in_process import run_in_process

A9A_EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0)
A9A_DELTA = 1e-6
HEART_EPSILONS = (0.1, 0.5, 1.0, 5.0, 10.0)
HEART_DELTA = 1e-5
# Of interpret's private explainable boosting machine, on all rows in one place.
PUBLISHED_BOOSTING = {0.5: 0.8875, 1.0: 0.8921, 2.0: 0.8925, 4.0: 0.8922, 8.0: 0.8920}
# Of the protocol's authors: FedAvg with Opacus.
PUBLISHED_HEART = {0.1: 0.606, 1.0: 0.685, 5.0: 0.704, 10.0: 0.700}


def run_privacy(
    data: Path, heart: Path | None, seeds: int, heart_seeds: int, console: Console
) -> dict[str, Any]:
    """Run the protocol; print the tables; return the figures under the protocol's keys."""
    found: dict[str, Any] = {"a9a": {}, "secret_sums": secret_sums(10, 1_000_000, 5, seed=0)}
    found["secure_sum_ratio"] = found["secret_sums"]["secure_sum_ratio"]
    with Progress(console=console, transient=True) as progress:
        rows = {name: a9a.read_rows(data / file) for name, file in a9a.PARTS.items()}
        test = a9a.read_rows(data / a9a.TEST)
        for epsilon in progress.track(A9A_EPSILONS, description="a9a"):
            areas = [a9a_area(rows, test, epsilon, seed) for seed in range(seeds)]
            found["a9a"][f"{epsilon:g}"] = spread("auc", areas) | rival(rows, test, epsilon, seeds)
        if heart is not None:
            found["heart"] = {}
            task = HeartTask.read(heart)
            for epsilon in progress.track(HEART_EPSILONS, description="heart"):
                accuracies = [task.mean_accuracy(epsilon, seed) for seed in range(heart_seeds)]
                found["heart"][f"{epsilon:g}"] = spread("mean_accuracy", accuracies)
    print_tables(found, console)
    return found


def spread(name: str, values: list[float]) -> dict[str, float]:
    """Return mean and standard deviation of a figure."""
    return {name: float(np.mean(values)), f"{name}_std": float(np.std(values))}


def rival(
    hospitals: Mapping[str, Records], test: Records, epsilon: float, seeds: int
) -> dict[str, float]:
    """Return what the rival reaches on all rows in one place; nothing where it is not installed."""
    if not is_installed():
        return {}
    tables = [(each.table.to_numpy(), each.labels == "over") for each in hospitals.values()]
    together = np.concatenate([x for x, _ in tables]), np.concatenate([y for _, y in tables])
    judged = test.table.to_numpy(), test.labels == "over"
    areas = [rival_area(together, judged, epsilon, A9A_DELTA, seed) for seed in range(seeds)]
    return spread("rival_auc", areas)


def a9a_area(hospitals: Mapping[str, Records], test: Records, epsilon: float, seed: int) -> float:
    """Return the area under the curve of private trees."""
    content = {
        **a9a.settings_of(seed).model_dump(),
        "privacy": {
            "guarantee": "differential",
            "epsilon": epsilon,
            "delta": A9A_DELTA,
            "summary_share": 0.05,
            "evaluation_share": 0.0,
        },
    }
    settings = run_settings(content, [], "bench privacy")
    result = run_in_process(a9a.contract_of_a9a(), hospitals, settings)
    return a9a.area(result, settings, test)


@dataclass(frozen=True)
class HeartTask:
    """The protocol's task: training rows of four hospitals, and rows to judge by.

    Attributes
    ----------
    training : mapping of str to Records
        As the contract has them.
    held_out : mapping of str to Records
        As the task sees them.
    """

    contract: Contract
    training: Mapping[str, Records]
    held_out: Mapping[str, Records]

    @classmethod
    def read(cls, folder: Path) -> HeartTask:
        """Read the hospitals; which rows are held out, the protocol fixes."""
        contract = contract_of_protocol(load_contract("heart_disease"))
        settings = binary_settings("random_forest", 0)
        view = settings.task.contract(contract)
        training, held_out = {}, {}
        for name, each in read_hospitals(contract, folder, zero_is_missing=False).items():
            records = complete_rows(each)
            seen = settings.task.records(contract, records)
            places = pd.DataFrame({"place": np.arange(len(records))})
            learned, kept = split(view, Records(places, seen.labels), settings.holdout)
            training[name] = records.take(learned.table["place"].to_numpy())
            held_out[name] = seen.take(kept.table["place"].to_numpy())
        return cls(contract, training, held_out)

    def mean_accuracy(self, epsilon: float, seed: int) -> float:
        """Return the mean over hospitals of a private linear model's accuracy."""
        settings = heart_settings(epsilon, seed)
        result = run_in_process(self.contract, self.training, settings)
        accuracies = []
        for records in self.held_out.values():
            judged = judge(result.contract, records, settings, result.preparation, result.models)[
                "neural_network"
            ]
            accuracies.append(number(judged.scores()["finest"].accuracy))
        return float(np.mean(accuracies))


def heart_settings(epsilon: float, seed: int) -> RunSettings:
    """Return the settings of one run; for so few patients only diagnoses are summarised."""
    content = {
        "models": ["neural_network"],
        "seed": seed,
        "class_balance": "none",
        "task": {"level": "group", "exclude_features": DROPPED},
        "holdout": {"test_share": 0},
        "preprocessing": {"drop_first_level": True, "minimum_category_rows": 0},
        "neural_network": {"hidden": [], "dropout": 0.0},
        "privacy": {
            "guarantee": "differential",
            "epsilon": epsilon,
            "delta": HEART_DELTA,
            "summary": "classes",
            "summary_share": 0.05,
            "evaluation_share": 0.0,
        },
    }
    return run_settings(content, [], "bench privacy")


def print_tables(found: Mapping[str, Any], console: Console) -> None:
    """Print both tasks beside what others reach."""
    parts = [
        ("a9a", "auc", "a9a: AUC of private trees, two hospitals", PUBLISHED_BOOSTING),
        ("heart", "mean_accuracy", "heart: mean accuracy of four hospitals", PUBLISHED_HEART),
    ]
    for part, figure, title, published in parts:
        if part not in found:
            continue
        table = Table(title=title, title_justify="left", box=None)
        for column in ("epsilon", "here", "rival, same run", "published"):
            table.add_column(column, justify="right")
        for epsilon, each in found[part].items():
            other = published.get(float(epsilon))
            told = "" if other is None else f"{other:.4f}"
            table.add_row(epsilon, written(each, figure), written(each, f"rival_{figure}"), told)
        console.print(table)
    console.print(
        f"a secret sum takes {found['secure_sum_ratio']:.2f} times as long as a plain one"
    )


def written(figures: Mapping[str, float], name: str) -> str:
    """Write a mean and its deviation; nothing where there is none."""
    return f"{figures[name]:.4f} ± {figures[name + '_std']:.4f}" if name in figures else ""
