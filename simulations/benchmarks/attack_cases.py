"""What the attack benchmark trains: whose patients, and with which settings."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.contract import Contract, load_contract
from shared.records import Records
from shared.run_settings import ModelName, RunSettings, run_settings
from simulations.benchmarks.heart import (
    DROPPED,
    SPLIT_SEED,
    complete_rows,
    contract_of_protocol,
    read_hospitals,
)
from simulations.experiments.sources import read_records
from simulations.hospitals import write_simulated_hospitals

WITH_CARE, BY_HEART = "with care", "by heart"
WAYS = (WITH_CARE, BY_HEART)
# Settings that learn rows by heart, in place of the defaults.
MEMORISING: dict[ModelName, dict[str, Any]] = {
    "neural_network": {
        "strategy": "FedAvg",
        "rounds": 20,
        "local_epochs": 20,
        "hidden": [128, 128],
        "optimiser": "adamw",
        "learning_rate": 0.003,
        "dropout": 0.0,
        "l2_regularisation": 0.0,
    },
    "boosted_trees": {
        "rounds": 1,
        "trees_per_round": 200,
        "maximum_depth": 10,
        "learning_rate": 0.3,
        "minimum_child_weight": 0.0,
        "l2_regularisation": 0.0,
    },
    "random_forest": {
        "maximum_depth": 64,
        "minimum_leaf_rows": 1,
        "column_share": 1.0,
        "refill": False,
    },
}


@dataclass(frozen=True)
class Population:
    """Hospitals, and what is asked of their patients.

    Attributes
    ----------
    settings : dict
        Of a run over them, beside those of the model.
    guessed : tuple of str
        Features that are guessed.
    """

    title: str
    contract: Contract
    hospitals: Mapping[str, Records]
    settings: dict[str, Any]
    guessed: tuple[str, ...]

    def run_settings(self, name: ModelName, way: str, seed: int) -> RunSettings:
        """Return the settings of one kind of model."""
        content = {
            **self.settings,
            "models": [name],
            "seed": seed,
            "compare_alone": False,
            name: MEMORISING[name] if way == BY_HEART else {},
        }
        return run_settings(content, [], "bench attack")


def heart_patients(data: Path) -> Population:
    """Return four real hospitals and FLamby's binary task; see `simulations.benchmarks.heart`."""
    contract = contract_of_protocol(load_contract("heart_disease"))
    hospitals = read_hospitals(contract, data, zero_is_missing=False)
    return Population(
        title="heart: disease or not",
        contract=contract,
        hospitals={name: complete_rows(records) for name, records in hospitals.items()},
        settings={
            "task": {"level": "group", "exclude_features": DROPPED},
            "holdout": {"test_share": 0.34, "seed": SPLIT_SEED},
            "preprocessing": {"drop_first_level": True, "minimum_category_rows": 0},
        },
        guessed=("sex", "chest_pain", "fasting_blood_sugar_above_120"),
    )


def simulated_patients(seed: int) -> Population:
    """Return four invented hospitals, for a machine without the data."""
    contract = load_contract("rare_disease")
    with tempfile.TemporaryDirectory() as folder:
        files = write_simulated_hospitals(Path(folder), seed)
        hospitals = {each.name: read_records(contract, each.mapping_path) for each in files}
    return Population(
        title="SIMULATED patients",
        contract=contract,
        hospitals=hospitals,
        settings={"task": {"level": "group"}, "holdout": {"test_share": 0.34}},
        guessed=("sex", "family_history"),
    )
