"""Boosted trees of two hospitals on a9a, against XGBoost on all rows in one place."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_svmlight_file
from sklearn.metrics import roc_auc_score

from server.federation_result import FederationResult
from server.rounds import RoundRecord
from shared.contract import Contract
from shared.errors import DataError
from shared.models import create_model
from shared.preparation import prepare
from shared.questions import GROW, PRIVATE_SUM
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.statistics import summarise
from simulations.in_process import run_in_process

COLUMNS = 123
TREES = 50
NAMES = [f"column_{index + 1}" for index in range(COLUMNS)]
PARTS = {"north": "a9a_p0.svm.gz", "south": "a9a_p1.svm.gz"}
TEST = "a9a_test.svm.gz"
KIND = "boosted_trees"
GROWING = (GROW, PRIVATE_SUM)


class Stopwatch:
    """An observer that knows how long trees grew."""

    def __init__(self) -> None:
        self.begun = self.ended = 0.0

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        """Note the beginning."""
        del number, hospitals
        if question in GROWING and model == KIND and not self.begun:
            self.begun = time.monotonic()

    def answered(self, record: RoundRecord) -> None:
        """Note the end."""
        if record.question in GROWING and record.model == KIND:
            self.ended = time.monotonic()

    @property
    def seconds_per_tree(self) -> float:
        """How long one tree took; of secret sums, the search for cut points among it."""
        return (self.ended - self.begun) / TREES


def run_a9a(data: Path, seed: int, console: Console) -> dict[str, Any]:
    """Run the protocol; print the table; return the figures under the protocol's keys."""
    hospitals = {name: read_rows(data / file) for name, file in PARTS.items()}
    test = read_rows(data / TEST)
    contract, settings, watch = contract_of_a9a(), settings_of(seed), Stopwatch()
    result = run_in_process(contract, hospitals, settings, watch)
    secret_watch = Stopwatch()
    secret = run_in_process(contract, hospitals, in_secret(settings), secret_watch)
    pooled = pd.concat([each.table for each in hospitals.values()], ignore_index=True)
    together = Records(pooled, np.concatenate([each.labels for each in hospitals.values()]))
    figures = {
        "auc": area(result, settings, test),
        "pooled_auc": pooled_area(together, test),
        "identical_trees": identical(result, contract, together, settings),
        "seconds_per_tree": watch.seconds_per_tree,
        "secure_seconds_per_tree": secret_watch.seconds_per_tree,
        "secure_identical_trees": same_trees(secret, result),
        "trees": TREES,
        "hospitals": {name: len(each) for name, each in hospitals.items()},
    }
    print_table(figures, console)
    return figures


def read_rows(path: Path) -> Records:
    """Read a file in LIBSVM's format.

    Raises
    ------
    DataError
        When it is not there, or is something else.
    """
    try:
        features, labels = load_svmlight_file(str(path), n_features=COLUMNS)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as LIBSVM data: {error}.",
            f"The folder needs {', '.join([*PARTS.values(), TEST])}.",
        ) from None
    table = pd.DataFrame(features.toarray(), columns=NAMES)
    return Records(table, np.where(labels > 0, "over", "under").astype(object))


def contract_of_a9a() -> Contract:
    """Return a contract of 123 yes-or-no features and an income over or under 50,000 dollars."""
    features = [
        {"name": name, "kind": "flag", "description": f"Indicator {index + 1}"}
        for index, name in enumerate(NAMES)
    ]
    targets = [{"code": code, "name": code, "frequency": "common"} for code in ("under", "over")]
    return Contract.model_validate(
        {
            "name": "a9a",
            "version": "1.0.0",
            "description": "Income of the 1994 census, as the LIBSVM collection prepared it.",
            "identifying_fields": [],
            "feature": features,
            "target": targets,
        }
    )


def settings_of(seed: int) -> RunSettings:
    """Return the settings of FedTree's paper; every row of the hospitals trains."""
    trees = {
        "rounds": TREES,
        "trees_per_round": 1,
        "learning_rate": 0.1,
        "maximum_depth": 6,
        "maximum_bins": 255,
        "minimum_gain": 1.0,
    }
    content: dict[str, Any] = {
        "models": [KIND],
        "seed": seed,
        "compare_alone": False,
        "class_balance": "none",
        "holdout": {"test_share": 0},
        KIND: trees,
    }
    return run_settings(content, [], "bench a9a")


def in_secret(settings: RunSettings) -> RunSettings:
    """Return the settings of the same run whose coordinator sees sums of both hospitals only."""
    privacy = settings.privacy.model_copy(update={"guarantee": "secret_sums"})
    return settings.model_copy(update={"privacy": privacy})


def same_trees(first: FederationResult, second: FederationResult) -> bool:
    """Return whether two runs grew the same trees, bit for bit."""
    ours, theirs = first.models["boosted_trees"], second.models["boosted_trees"]
    return all(np.array_equal(ours[name], array) for name, array in theirs.items())


def area(result: FederationResult, settings: RunSettings, test: Records) -> float:
    """Return the area under the curve of the federated model, as stock XGBoost answers."""
    preparation = result.preparation
    model = create_model(
        KIND, settings.boosted_trees, preparation.columns, preparation.classes, settings.seed
    )
    stock = xgboost.Booster()
    stock.load_model(bytearray(model.to_files(result.models["boosted_trees"])["model.ubj"]))
    answers = stock.predict(xgboost.DMatrix(preparation.preprocessor.transform(test.table)))
    return float(roc_auc_score(test.labels == "over", answers))


def pooled_area(together: Records, test: Records) -> float:
    """Return the area of XGBoost's own trees on all rows."""
    chosen = settings_of(0).boosted_trees
    trained = xgboost.train(
        {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "eta": chosen.learning_rate,
            "max_depth": chosen.maximum_depth,
            "max_bin": chosen.maximum_bins,
            "gamma": chosen.minimum_gain,
        },
        xgboost.DMatrix(together.table.to_numpy(), label=together.labels == "over"),
        num_boost_round=TREES,
    )
    answers = trained.predict(xgboost.DMatrix(test.table.to_numpy()))
    return float(roc_auc_score(test.labels == "over", answers))


def identical(
    result: FederationResult, contract: Contract, together: Records, settings: RunSettings
) -> bool:
    """Return whether the same algorithm gives the same trees on all rows in one place."""
    preparation = prepare(contract, summarise(contract, together), settings)
    model = create_model(
        KIND, settings.boosted_trees, preparation.columns, preparation.classes, settings.seed
    )
    alone = model.train_alone(preparation.training_data(contract, together), hospital_seed=0)
    federated = result.models["boosted_trees"]
    return all(np.array_equal(federated[name], array) for name, array in alone.items())


def print_table(figures: dict[str, Any], console: Console) -> None:
    """Print what was found."""
    table = Table(title="a9a: 50 trees, two hospitals", title_justify="left", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("AUC, federated", f"{figures['auc']:.4f}")
    table.add_row("AUC, XGBoost on all rows", f"{figures['pooled_auc']:.4f}")
    same = "yes" if figures["identical_trees"] else "no"
    table.add_row("trees equal to pooled, split for split", same)
    table.add_row("seconds a tree", f"{figures['seconds_per_tree']:.3f}")
    table.add_row("seconds a tree, secret sums", f"{figures['secure_seconds_per_tree']:.3f}")
    same = "yes" if figures["secure_identical_trees"] else "no"
    table.add_row("the same trees from secret sums", same)
    console.print(table)
