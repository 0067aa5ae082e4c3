"""Data that every kind of model is tried on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

from shared.models import create_model
from shared.models.base import ModelKind
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.settings import BoostedTreesSettings, RandomForestSettings
from shared.models.training_data import TrainingData

COLUMNS = 4
SETTINGS = {
    "neural_network": NeuralNetworkSettings(rounds=40),
    "boosted_trees": BoostedTreesSettings(rounds=3, trees_per_round=3),
    "random_forest": RandomForestSettings(trees=25),
}


def training_data(features: np.ndarray, candidates: np.ndarray) -> TrainingData:
    classes = candidates.shape[1]
    return TrainingData(
        features.astype(np.float32), candidates, np.ones(classes), np.full(classes, 1 / classes)
    )


def flowers() -> TrainingData:
    features, labels = load_iris(return_X_y=True)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    return training_data(scaled, np.eye(3, dtype=bool)[labels])


def take(data: TrainingData, rows: np.ndarray) -> TrainingData:
    return training_data(data.features[rows], data.candidates[rows])


def model_of(name: str, classes: int = 3, seed: int = 7) -> ModelKind[Any]:
    return create_model(name, SETTINGS[name], COLUMNS, classes, seed)


@pytest.fixture(params=list(SETTINGS))
def model(request: pytest.FixtureRequest) -> ModelKind[Any]:
    return model_of(request.param)


@pytest.fixture
def data() -> TrainingData:
    return flowers()
