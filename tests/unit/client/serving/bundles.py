"""Signed bundles of a contract with every kind of feature, trained on rows that are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.serving.case import Case
from server.bundling import terms_of, with_onnx
from shared.bundle import Bundle, write_bundle
from shared.calibration import Calibrator
from shared.contract import Contract
from shared.models import create_model
from shared.preparation import prepare
from shared.records import Records
from shared.run_settings import ModelName, RunSettings, run_settings
from shared.statistics import summarise
from tests.conftest import random_records
from tests.unit.client.small_hospital import CONTRACT as SMALL

KINDS: tuple[ModelName, ...] = ("neural_network", "boosted_trees", "random_forest")
ROWS = 160
SETTINGS: dict[str, Any] = {
    "seed": 3,
    "neural_network": {"rounds": 12, "local_epochs": 2, "hidden": [9, 6], "learning_rate": 0.1},
    "boosted_trees": {"rounds": 2, "trees_per_round": 4, "maximum_depth": 3},
    "random_forest": {"trees": 14, "maximum_depth": 5},
    "preprocessing": {"text_columns": 12, "minimum_term_rows": 2},
}

# Every kind of feature, recorded and derived.
CONTRACT = Contract.model_validate(
    {
        **SMALL.model_dump(),
        "name": "everything",
        "derived": [
            {
                "name": "double_product",
                "kind": "numeric",
                "description": "Age times pressure",
                "expression": "age * pressure",
                "minimum": 0,
                "maximum": 40000,
            },
            {
                "name": "old",
                "kind": "flag",
                "description": "Older than 60",
                "expression": "age > 60",
            },
            {
                "name": "seizing",
                "kind": "flag",
                "description": "Any kind of seizure",
                "expression": 'has(phenotypes, "HP:0001250")',
            },
        ],
    }
)


def records_of(contract: Contract, rows: int = ROWS, seed: int = 1) -> Records:
    """Draw rows whose label follows from the age and a flag, with some noise."""
    drawn = random_records(contract, rows, seed)
    generator = np.random.default_rng(seed)
    leaves = contract.leaves
    age = np.nan_to_num(drawn.table["age"].to_numpy(), nan=60.0)
    flag = next(name for name, each in contract.recorded.items() if each.kind == "flag")
    fever = np.nan_to_num(drawn.table[flag].to_numpy(), nan=0.5)
    risk = age / 40 + fever + generator.normal(scale=0.3, size=rows)
    grades = np.clip(risk.astype(int), 0, len(leaves) - 1)
    return Records(drawn.table, np.array(leaves, dtype=object)[grades])


def trained(
    kind: ModelName,
    contract: Contract = CONTRACT,
    seed: int = 1,
    **changes: Any,  # noqa: ANN401 - as a settings file
) -> Bundle:
    """Train a model and make its bundle, in memory."""
    settings: RunSettings = run_settings({**SETTINGS, **changes}, [], "test")
    seen = settings.task.contract(contract)
    records = settings.task.records(contract, records_of(contract, seed=seed))
    summary = summarise(seen, records)
    preparation = prepare(seen, summary, settings)
    model = create_model(
        kind,
        settings.of_model(kind),
        preparation.columns,
        preparation.classes,
        settings.seed,
        preparation.preprocessor.blocks(),
    )
    data = preparation.training_data(seen, records, keep_missing=model.keeps_missing)
    bundle = Bundle(
        name=kind,
        run=f"run-{seed:04}",
        contract=seen,
        settings=settings,
        preparation=preparation,
        summary=summary,
        arrays=model.train_alone(data, hospital_seed=1),
        card="# A card\n",
        calibrator=Calibrator(
            classes=preparation.classes,
            method="temperature",
            temperature=1.3,
            thresholds=[0.5] * preparation.classes,
            cut_offs={0.8: 0.3, 0.9: 0.15},
        ),
        terms=terms_of(seen, None),
    )
    return with_onnx(bundle)


def write_signed(bundle: Bundle, folder: Path, key: Ed25519PrivateKey) -> str:
    """Write a bundle as a coordinator does; return its digest."""
    return write_bundle(bundle, folder, key)


def cases_of(contract: Contract, records: Records) -> list[Case]:
    """Return rows as cases."""
    rows = records.table[list(contract.recorded)].to_dict("records")
    return [Case({str(name): _plain(value) for name, value in row.items()}) for row in rows]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell
    return None if isinstance(value, float) and np.isnan(value) else value
