"""Embeddings of categories and sets of terms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from shared.column_blocks import ColumnBlock
from shared.models.network_training import Network
from shared.models.neural_network import NeuralNetwork
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import TrainingData

BLOCKS = [
    ColumnBlock("age", "numbers", 0, 1),
    ColumnBlock("ward", "category", 1, 6),
    ColumnBlock("sex", "category", 6, 8),
    ColumnBlock("findings", "terms", 8, 20),
]
SETTINGS = NeuralNetworkSettings(
    hidden=[6], embedding_width=3, term_set_width=4, rounds=150, l2_regularisation=1.0
)


def patients(rows: int, seed: int) -> TrainingData:
    """Return rows whose class is which group of terms they show."""
    generator = np.random.default_rng(seed)
    classes = generator.integers(3, size=rows)
    features = np.zeros((rows, 20), np.float32)
    features[:, 0] = generator.normal(size=rows)
    features[np.arange(rows), 1 + generator.integers(5, size=rows)] = 1
    features[:, 6] = generator.integers(2, size=rows)
    features[:, 8:] = generator.random((rows, 12)) < 0.1
    features[np.arange(rows), 8 + 4 * classes + generator.integers(4, size=rows)] = 1
    return TrainingData(features, np.eye(3, dtype=bool)[classes], np.ones(3), np.full(3, 1 / 3))


@pytest.fixture
def model() -> NeuralNetwork:
    return NeuralNetwork(SETTINGS, 20, 3, 5, BLOCKS)


def test_only_wide_features_are_encoded(model: NeuralNetwork) -> None:
    shapes = model.layers.shapes()
    assert shapes["encoder_1.weight"] == (3, 5)
    assert shapes["encoder_8.weight"] == (4, 12)
    assert "encoder_6.weight" not in shapes
    assert shapes["linear_0.weight"] == (6, 1 + 2 + 3 + 4)
    assert model.initial_arrays().keys() == shapes.keys()


def test_numpy_answers_as_torch_does(model: NeuralNetwork) -> None:
    data = patients(30, 1)
    arrays = {
        name: np.random.default_rng(2).normal(size=shape).astype(np.float32)
        for name, shape in model.layers.shapes().items()
    }
    module = Network(model.layers, dropout=0.5).eval()
    module.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    with torch.no_grad():
        expected = module(torch.tensor(data.features)).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.predict(arrays, data.features), expected, atol=1e-5)


def test_a_patient_with_many_terms_weighs_as_one_with_few(model: NeuralNetwork) -> None:
    encoder = model.layers.encoders[1]
    weight = np.ones((4, 12), np.float32)
    few, many = np.zeros((1, 12), np.float32), np.ones((1, 12), np.float32)
    few[0, :3] = 1
    np.testing.assert_allclose(encoder(weight, few), np.sqrt(3), rtol=1e-6)
    np.testing.assert_allclose(encoder(weight, many), np.sqrt(12), rtol=1e-6)


def test_it_learns_from_sets_of_terms(model: NeuralNetwork) -> None:
    arrays = model.train_alone(patients(300, 3), hospital_seed=1)
    fresh = patients(200, 4)
    right = model.predict(arrays, fresh.features).argmax(axis=1) == fresh.candidates.argmax(axis=1)
    assert right.mean() > 0.7


def test_features_of_a_served_model_need_no_blocks_without_encoders() -> None:
    plain = NeuralNetwork(NeuralNetworkSettings(), 20, 3, 5, BLOCKS)
    assert not plain.layers.encoders
