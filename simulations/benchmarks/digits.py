"""Boosted trees on more than two classes: scikit-learn's digits over three clients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from shared.contract import Contract
from shared.models import create_model
from shared.preparation import prepare
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.statistics import summarise
from simulations.benchmarks.flower_bagging import flower_bagging_accuracy
from simulations.in_process import run_in_process

SEEDS = (0, 1, 2)
CLIENTS = 3
ROUNDS = 20
TREES = {"learning_rate": 0.3, "maximum_depth": 6}
PIXELS = 64


def run_digits(console: Console) -> dict[str, Any]:
    """Run the protocol; print the table; return means over seeds under the protocol's keys."""
    runs = [one_seed(seed) for seed in SEEDS]
    means = {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
    table = Table(title="digits: accuracy on held-out images", title_justify="left", box=None)
    table.add_column("trained")
    for seed in SEEDS:
        table.add_column(f"seed {seed}", justify="right")
    table.add_column("mean", justify="right")
    for key, mean in means.items():
        words = key.removesuffix("_accuracy")
        table.add_row(words, *[f"{run[key]:.3f}" for run in runs], f"{mean:.3f}")
    console.print(table)
    return {**means, "seeds": list(SEEDS)}


def one_seed(seed: int) -> dict[str, float]:
    """Compare our merge, Flower's and pooled training on one split."""
    images, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(
        images, labels, test_size=0.25, random_state=seed, stratify=labels
    )
    order = np.random.default_rng(seed).permutation(len(train))
    parts = np.array_split(order, CLIENTS)
    clients = {
        f"client_{index + 1}": records_of(train[rows], train_labels[rows])
        for index, rows in enumerate(parts)
    }
    pooled = records_of(train, train_labels)
    held_out = records_of(test, test_labels)
    rows = [(train[part], train_labels[part]) for part in parts]
    return {
        "boosting_accuracy": federated_accuracy(clients, held_out, seed, "histograms"),
        "bagging_accuracy": federated_accuracy(clients, held_out, seed, "bagging"),
        "pooled_accuracy": pooled_accuracy(pooled, held_out, seed),
        "flower_accuracy": flower_bagging_accuracy(rows, test, test_labels, ROUNDS),
    }


def digits_contract() -> Contract:
    """Return a contract of 64 grey values and ten digits."""
    pixels = [
        {
            "name": f"pixel_{index}",
            "kind": "numeric",
            "description": f"Grey value {index}",
            "unit": "1",
            "minimum": 0,
            "maximum": 16,
            "bins": 16,
        }
        for index in range(PIXELS)
    ]
    targets = [
        {"code": str(digit), "name": str(digit), "frequency": "common"} for digit in range(10)
    ]
    return Contract.model_validate(
        {
            "name": "digits",
            "version": "1.0.0",
            "description": "Handwritten digits.",
            "identifying_fields": [],
            "feature": pixels,
            "target": targets,
        }
    )


def records_of(images: np.ndarray, labels: np.ndarray) -> Records:
    """Return images as records of the contract."""
    columns = [f"pixel_{index}" for index in range(PIXELS)]
    return Records(
        pd.DataFrame(images.astype(float), columns=columns), labels.astype(str).astype(object)
    )


def settings_of(seed: int, method: str) -> RunSettings:
    """Return the settings of the protocol; every training row trains."""
    content: dict[str, Any] = {
        "models": ["boosted_trees"],
        "seed": seed,
        "compare_alone": False,
        "class_balance": "none",
        "holdout": {"test_share": 0},
        "boosted_trees": {
            **TREES,
            "method": method,
            "rounds": ROUNDS,
            "trees_per_round": 1,
        },
    }
    return run_settings(content, [], "bench digits")


def federated_accuracy(
    clients: dict[str, Records], held_out: Records, seed: int, method: str
) -> float:
    """Train over the clients, growing trees together or merging each client's."""
    result = run_in_process(digits_contract(), clients, settings_of(seed, method))
    features = result.preparation.preprocessor.transform(held_out.table)
    settings = settings_of(seed, method).boosted_trees
    model = create_model(
        "boosted_trees", settings, result.preparation.columns, result.preparation.classes, seed
    )
    answers = model.predict(result.models["boosted_trees"], features).argmax(axis=1)
    return accuracy(answers, held_out)


def pooled_accuracy(pooled: Records, held_out: Records, seed: int) -> float:
    """Train XGBoost on all rows in one place with the same settings."""
    contract, settings = digits_contract(), settings_of(seed, "bagging")
    preparation = prepare(contract, summarise(contract, pooled), settings)
    model = create_model(
        "boosted_trees", settings.boosted_trees, preparation.columns, preparation.classes, seed
    )
    arrays = model.train_alone(preparation.training_data(contract, pooled), hospital_seed=0)
    features = preparation.preprocessor.transform(held_out.table)
    return accuracy(model.predict(arrays, features).argmax(axis=1), held_out)


def accuracy(answers: np.ndarray, held_out: Records) -> float:
    """Return the share of right answers."""
    return float((answers.astype(str) == held_out.labels.astype(str)).mean())
