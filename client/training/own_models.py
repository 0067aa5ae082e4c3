"""What a hospital makes of the shared models for its own patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from client.hospital import Hospital
from client.training.model_of_run import model_of
from shared.models.base import Arrays, ModelKind
from shared.models.neural_network import NeuralNetwork
from shared.models.row_draws import draw_validation
from shared.models.training_data import TrainingData
from shared.preparation import Preparation
from shared.run_settings import ModelName, RunSettings


def own_models(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
) -> dict[ModelName, Arrays]:
    """Return the shared models with the hospital's own last layer, or fine-tuned, if so asked."""
    return {
        name: own_model(hospital, settings, preparation, name, arrays)
        for name, arrays in models.items()
    }


def own_model(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    name: ModelName,
    arrays: Arrays,
) -> Arrays:
    """Return one model as the hospital uses it."""
    model = model_of(name, settings, preparation)
    model.check_arrays(arrays)
    own = hospital.personal.applied(settings, model, arrays)
    if not isinstance(model, NeuralNetwork) or not model.settings.transfer.fine_tuning_epochs:
        return own
    contract, training, _ = hospital.split(settings)
    return fine_tuned(model, own, preparation.training_data(contract, training))


def fine_tuned(model: NeuralNetwork, arrays: Arrays, data: TrainingData) -> Arrays:
    """Go on with some of the hospital's rows; keep that where it does better on the others.

    Better means that the loss falls by more than one standard error of the difference, row for row:
    on few rows, any change seems to be an improvement half of the time.
    """
    share = model.settings.transfer.fine_tuning_share
    held = draw_validation(data.features, data.candidates, share, model.seed)
    apart = data.with_validation(held)
    learning, validation = apart.for_learning, apart.for_validation
    if not len(learning) or len(validation) < 2:
        return arrays
    tuned = model.fine_tune(arrays, learning)
    gains = losses(model, arrays, validation) - losses(model, tuned, validation)
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return tuned if gains.mean() > error else arrays


def losses(model: ModelKind[Any], arrays: Arrays, data: TrainingData) -> np.ndarray:
    """Return each row's weighted loss."""
    return data.row_losses(model.predict(arrays, data.features))
