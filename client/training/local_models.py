"""Training and judging models on one hospital's records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from client.hospital import Hospital
from shared.contract import Contract
from shared.metrics import Evaluation, evaluate
from shared.models import create_model
from shared.models.base import Arrays, ModelKind, TrainingStep
from shared.models.random_forest import leaf_sums
from shared.preparation import Preparation, prepare
from shared.records import Records
from shared.run_settings import ModelName, RunSettings
from shared.statistics import summarise


def model_of(name: ModelName, settings: RunSettings, preparation: Preparation) -> ModelKind[Any]:
    """Return the kind of model that a run asks for."""
    return create_model(
        name, settings.of_model(name), preparation.columns, preparation.classes, settings.seed
    )


def hospital_seed(name: str) -> int:
    """Return a seed that differs between hospitals and stays the same for each."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def train_one_round(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    name: ModelName,
    arrays: Arrays,
    *,
    round_number: int,
    options: Mapping[str, float],
) -> tuple[TrainingStep, int]:
    """Train the shared model on the hospital's training rows; return the step and the rows."""
    contract, training, _ = hospital.split(settings)
    model = model_of(name, settings, preparation)
    model.check_arrays(arrays)
    step = model.train(
        arrays,
        preparation.training_data(contract, training, keep_missing=model.keeps_missing),
        round_number=round_number,
        hospital_seed=hospital_seed(hospital.name),
        options=options,
    )
    return step, len(training)


def sum_leaves(
    hospital: Hospital, settings: RunSettings, preparation: Preparation, forest: Arrays
) -> npt.NDArray[np.int64]:
    """Sum the classes of the hospital's training rows in each leaf of a forest."""
    contract, training, _ = hospital.split(settings)
    model_of("random_forest", settings, preparation).check_arrays(forest)
    return leaf_sums(forest, preparation.training_data(contract, training))


def judge(
    contract: Contract,
    held_out: Records,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
) -> dict[ModelName, Evaluation]:
    """Count the models' predictions on held-out rows."""
    result = {}
    for name, arrays in models.items():
        model = model_of(name, settings, preparation)
        model.check_arrays(arrays)
        features = preparation.preprocessor.transform(
            held_out.table, keep_missing=model.keeps_missing
        )
        result[name] = evaluate(contract, held_out, model.predict(arrays, features))
    return result


def train_alone(
    name: str, contract: Contract, training: Records, settings: RunSettings
) -> tuple[Preparation, dict[ModelName, Arrays]]:
    """Train every kind of model on some records only, with their own statistics."""
    preparation = prepare(contract, summarise(contract, training), settings)
    seed = hospital_seed(name)
    trained = {}
    for kind in settings.models:
        model = model_of(kind, settings, preparation)
        data = preparation.training_data(contract, training, keep_missing=model.keeps_missing)
        trained[kind] = model.train_alone(data, hospital_seed=seed)
    return preparation, trained
