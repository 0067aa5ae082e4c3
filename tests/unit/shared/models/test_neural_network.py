"""Weights that can be averaged."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from shared.errors import BundleError
from shared.models.base import TrainingRequest
from shared.models.network_losses import candidate_loss
from shared.models.network_training import Network
from shared.models.neural_network import PROXIMAL, NeuralNetwork
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import TrainingData

SETTINGS = NeuralNetworkSettings(hidden=[5, 4], local_epochs=20, strategy="FedAvg", rounds=5)


def network() -> NeuralNetwork:
    return NeuralNetwork(SETTINGS, columns=4, classes=3, seed=7)


def test_numpy_answers_as_torch_does(data: TrainingData) -> None:
    model = network()
    arrays = model.train_alone(data, hospital_seed=1)
    module = Network(model.layers, dropout=0.2).eval()
    module.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    with torch.no_grad():
        expected = module(torch.tensor(data.features)).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.predict(arrays, data.features), expected, atol=1e-6)


def test_the_average_of_linear_models_has_the_average_scores(data: TrainingData) -> None:
    model = NeuralNetwork(NeuralNetworkSettings(hidden=[]), columns=4, classes=3, seed=7)
    first, second = (model.train_alone(data, hospital_seed=seed) for seed in (1, 2))
    mean = {name: (first[name] + second[name]) / 2 for name in first}

    def scores(arrays: dict[str, np.ndarray]) -> np.ndarray:
        logarithms = np.log(model.predict(arrays, data.features))
        return logarithms - logarithms.mean(axis=1, keepdims=True)

    np.testing.assert_allclose(scores(mean), (scores(first) + scores(second)) / 2, atol=1e-3)


def test_a_strong_pull_keeps_the_shared_weights(data: TrainingData) -> None:
    model = network()
    start = model.initial_arrays()

    def moved(mu: float) -> float:
        step = model.train(
            start, data, TrainingRequest(1, hospital_seed=1, options={PROXIMAL: mu})
        ).arrays
        return float(sum(np.square(step[name] - start[name]).sum() for name in start))

    assert moved(5.0) < moved(1.0) < moved(0.0)


def test_the_loss_is_of_all_candidates_together() -> None:
    logits = torch.log(torch.tensor([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]]))
    candidates = torch.tensor([[True, True, False], [True, True, True]])
    np.testing.assert_allclose(
        candidate_loss(logits, candidates).numpy(), [-np.log(0.5), 0], atol=1e-6
    )


def test_training_leaves_torch_as_it_was(data: TrainingData) -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    network().train_alone(data, hospital_seed=1)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_answers_need_no_torch() -> None:
    program = (
        "import sys, numpy; from shared.models import create_model;"
        "from shared.models.neural_network_settings import NeuralNetworkSettings;"
        "model = create_model('neural_network', NeuralNetworkSettings(), 4, 3, 0);"
        "model.predict(model.initial_arrays(), numpy.zeros((2, 4), numpy.float32));"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_arrays_of_another_shape_are_refused() -> None:
    model = network()
    arrays = model.initial_arrays()
    with pytest.raises(BundleError, match=r"linear_0\.weight"):
        model.check_arrays({**arrays, "linear_0.weight": np.zeros((5, 3), np.float32)})
    with pytest.raises(BundleError):
        model.check_arrays({**arrays, "extra": np.zeros(1, np.float32)})
