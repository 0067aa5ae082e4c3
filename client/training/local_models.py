"""Training and judging models on one hospital's records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from client.hospital import Hospital, SeenRows
from client.training.model_of_run import model_of
from client.training.training_rows import training_rows
from shared.calibration import Calibrator
from shared.contract import Contract
from shared.metrics import Evaluation, evaluate
from shared.models.base import Arrays, ModelKind, TrainingRequest, TrainingStep
from shared.models.neural_network import NeuralNetwork
from shared.models.random_forest import leaf_sums
from shared.models.training_data import Probabilities
from shared.preparation import Preparation, prepare
from shared.records import Records
from shared.run_settings import ModelName, RunSettings
from shared.statistics import summarise


def hospital_seed(name: str) -> int:
    """Return a seed that differs between hospitals and stays the same for each."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def train_one_round(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    name: ModelName,
    arrays: Arrays,
    request: TrainingRequest,
) -> tuple[TrainingStep, int]:
    """Train the shared model on the hospital's training rows; return the step and the rows."""
    model = model_of(name, settings, preparation)
    model.check_arrays(arrays)
    if request.correction is not None:
        model.check_arrays(request.correction)
    seen = seen_rows(hospital, settings, preparation, model)
    own = hospital.personal.applied(settings, model, arrays)
    step = model.train(own, seen.data, request)
    hospital.personal.keep(settings, model, step.arrays)
    return step, seen.rows


def seen_rows(
    hospital: Hospital, settings: RunSettings, preparation: Preparation, model: ModelKind[Any]
) -> SeenRows:
    """Return the rows that a model learns from, made once for a run."""
    seen = hospital.seen
    if seen is None or not seen.made_for(settings, preparation, model.name):
        contract, training, _ = hospital.split(settings)
        data = training_rows(contract, training, preparation, model, settings.augmentation)
        seen = hospital.seen = SeenRows(settings, preparation, model.name, data, len(training))
    return seen


def sum_leaves(
    hospital: Hospital, settings: RunSettings, preparation: Preparation, forest: Arrays
) -> npt.NDArray[np.int64]:
    """Sum the classes of the rows that a hospital grew its trees with in each leaf of a forest.

    Synthetic rows are among them: without them, leaves would forget what they were made for.
    """
    model = model_of("random_forest", settings, preparation)
    model.check_arrays(forest)
    return leaf_sums(forest, seen_rows(hospital, settings, preparation, model).data.for_learning)


def sum_of_encodings(
    hospital: Hospital, settings: RunSettings, preparation: Preparation, arrays: Arrays
) -> npt.NDArray[np.float64]:
    """Sum the network's encodings of the rows of each class with few rows; see `Transfer`.

    Neither synthetic rows nor those that say when to stop are among them.
    """
    model = model_of("neural_network", settings, preparation)
    if not isinstance(model, NeuralNetwork):
        raise TypeError(model.name)
    model.check_arrays(arrays)
    seen = seen_rows(hospital, settings, preparation, model)
    real = seen.data.take(np.arange(seen.rows)).for_learning
    return model.transfer(real.class_counts).prototype_sums(arrays, real)


def judge(
    contract: Contract,
    held_out: Records,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
    calibrators: Mapping[ModelName, Calibrator] | None = None,
) -> dict[ModelName, Evaluation]:
    """Count the models' predictions on held-out rows."""
    result = {}
    by_thresholds = settings.calibration.answers == "thresholds"
    for name, arrays in models.items():
        found = probabilities(held_out, settings, preparation, name, arrays)
        calibrator = (calibrators or {}).get(name, Calibrator.identity(len(contract.leaves)))
        calibrated = calibrator.apply(found)
        answers = calibrator.decide(calibrated) if by_thresholds else None
        result[name] = evaluate(contract, held_out, calibrated, answers)
    return result


def probabilities(
    records: Records,
    settings: RunSettings,
    preparation: Preparation,
    name: ModelName,
    arrays: Arrays,
) -> Probabilities:
    """Return what a model says of records, shape (rows, classes)."""
    model = model_of(name, settings, preparation)
    model.check_arrays(arrays)
    found = [
        model.predict(
            arrays,
            preparation.preprocessor.transform(part.table, keep_missing=model.keeps_missing),
        )
        for part in records.parts()
    ]
    return np.concatenate(found) if found else np.empty((0, preparation.classes))


def train_alone(
    name: str, contract: Contract, training: Records, settings: RunSettings
) -> tuple[Preparation, dict[ModelName, Arrays]]:
    """Train every kind of model on some records only, with their own statistics."""
    preparation = prepare(contract, summarise(contract, training), settings)
    seed = hospital_seed(name)
    trained = {}
    for kind in settings.models:
        model = model_of(kind, settings, preparation)
        data = training_rows(contract, training, preparation, model, settings.augmentation)
        trained[kind] = model.train_alone(data, hospital_seed=seed)
    return preparation, trained
