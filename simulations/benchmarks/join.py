"""Should a hospital join? Alone, with a federation of the others, and as one of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from client.benefit.comparing import compare, first_rows, meets
from client.benefit.ways import WAYS, FederatedModel, answers_of_ways
from shared.contract import Contract, load_contract
from shared.holdout import split
from shared.models.training_data import Probabilities
from shared.records import Records
from shared.run_settings import ModelName, RunSettings, run_settings
from simulations.benchmarks.heart import read_hospitals
from simulations.in_process import run_in_process

FOLDS = 5
KINDS: tuple[ModelName, ...] = ("neural_network", "random_forest")
# `outside` is the model of the others, before this hospital joins.
OUTSIDE = "outside"
PAIRS = (("federated", "own"), ("personalised", "own"), ("federated", OUTSIDE))
Right = dict[str, list[np.ndarray[Any, np.dtype[np.bool_]]]]


def run_join(data: Path, seed: int, console: Console) -> dict[str, Any]:
    """Judge every row of every heart hospital once, in five folds, by four models.

    Each row is held out in one fold, so that rows of a hospital are pairs that an interval can be
    made of without counting any twice.
    """
    contract = load_contract("heart_disease")
    hospitals = read_hospitals(contract, data, zero_is_missing=True)
    result: dict[str, Any] = {"folds": FOLDS, "models": {}}
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("join", total=len(KINDS) * FOLDS * len(hospitals))
        for kind in KINDS:
            right: dict[str, Right] = {name: {} for name in hospitals}
            for fold in range(FOLDS):
                settings = settings_of(kind, fold, seed)
                everyone = trained(contract, hospitals, settings)
                for name in hospitals:
                    found = judged(contract, hospitals, name, settings, everyone)
                    for way, answers in found.items():
                        right[name].setdefault(way, []).append(answers)
                    progress.advance(task)
            result["models"][kind] = {name: figures(each) for name, each in right.items()}
    print_tables(result, console)
    return result


def settings_of(kind: ModelName, fold: int, seed: int) -> RunSettings:
    """Return the settings of one fold: disease or none, all features."""
    return run_settings(
        {
            "models": [kind],
            "seed": seed,
            "task": {"level": "group"},
            "holdout": {"folds": FOLDS, "fold": fold, "seed": seed},
        },
        [],
        "bench join",
    )


def trained(
    contract: Contract, hospitals: Mapping[str, Records], settings: RunSettings
) -> FederatedModel:
    """Train one kind at some hospitals."""
    found = run_in_process(contract, hospitals, settings)
    kind = settings.models[0]
    return FederatedModel(
        kind, settings, found.preparation, found.models[kind], found.calibrators.get(kind)
    )


def judged(
    contract: Contract,
    hospitals: Mapping[str, Records],
    name: str,
    settings: RunSettings,
    everyone: FederatedModel,
) -> dict[str, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return whether each way is right about each person of a hospital's held-out rows."""
    view = settings.task.contract(contract)
    seen = settings.task.records(contract, hospitals[name])
    training, held_out = split(view, seen, settings.holdout)
    others = {other: each for other, each in hospitals.items() if other != name}
    outside = trained(contract, others, settings)
    said: dict[str, Probabilities] = {OUTSIDE: outside.answers(held_out)}
    said |= dict(answers_of_ways(name, view, training, held_out, everyone).items())
    first = first_rows(held_out)
    return {way: meets(view, held_out, each)[1][first] for way, each in said.items()}


def figures(right: Right) -> dict[str, Any]:
    """Return how often each way is right, and each pair with its interval."""
    whole = {way: np.concatenate(each) for way, each in right.items()}
    return {
        "rows": len(whole["own"]),
        "accuracy": {way: float(whole[way].mean()) for way in (*WAYS, OUTSIDE)},
        "pairs": {f"{way}_{against}": _pair(whole[way], whole[against]) for way, against in PAIRS},
    }


def _pair(
    first: np.ndarray[Any, np.dtype[np.bool_]], second: np.ndarray[Any, np.dtype[np.bool_]]
) -> dict[str, Any]:
    # Which ways these are is in the key.
    found = compare("federated", "own", first, second)
    return {
        "gain": found.table.gain,
        "low": found.low,
        "high": found.high,
        "verdict": found.verdict,
        "visible": found.visible,
    }


def print_tables(result: dict[str, Any], console: Console) -> None:
    """Print a table for each kind of model."""
    titles = {"own": "alone", OUTSIDE: "others'", "federated": "together", "personalised": "own"}
    for kind, hospitals in result["models"].items():
        table = Table(box=None, title=kind)
        table.add_column("hospital")
        for title in ("patients", *titles.values(), "together - alone", "own - alone"):
            table.add_column(title, justify="right")
        for name, found in hospitals.items():
            shares = [f"{found['accuracy'][way]:.3f}" for way in titles]
            pairs = [
                _written(found["pairs"][f"{way}_own"]) for way in ("federated", "personalised")
            ]
            table.add_row(name, str(found["rows"]), *shares, *pairs)
        console.print(table)


def _written(pair: dict[str, Any]) -> str:
    return f"{pair['gain']:+.3f} [{pair['low']:+.3f}, {pair['high']:+.3f}] {pair['verdict']}"
