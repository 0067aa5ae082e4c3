from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from client.training.private_gradients import clipped_gradients, refuse_mixing_layers
from shared.column_blocks import ColumnBlock
from shared.errors import SettingsError
from shared.models.base import Arrays
from shared.models.network_losses import RowLoss
from shared.models.network_training import Network
from shared.models.neural_network import NeuralNetwork
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import TrainingData

BLOCKS = [ColumnBlock("code", "category", 0, 4), ColumnBlock("findings", "terms", 4, 8)]


def a_network(**changes: object) -> NeuralNetwork:
    content = {"hidden": [5], "dropout": 0.0, "embedding_width": 2, "term_set_width": 3, **changes}
    settings = NeuralNetworkSettings.model_validate(content)
    return NeuralNetwork(settings, 10, 3, 0, BLOCKS)


def some_rows(count: int = 40) -> TrainingData:
    generator = np.random.default_rng(4)
    features = (generator.random((count, 10)) < 0.4).astype(np.float32)
    candidates = np.eye(3, dtype=np.bool_)[generator.integers(0, 3, count)]
    return TrainingData(features, candidates, np.array([1.0, 2.0, 0.5]), np.full(3, 1 / 3))


def arrays_of(model: NeuralNetwork) -> Arrays:
    generator = np.random.default_rng(5)
    return {
        name: generator.normal(0, 0.5, shape).astype(np.float32)
        for name, shape in model.layers.shapes().items()
    }


@pytest.mark.parametrize("changes", [{}, {"loss": "focal"}, {"logit_adjustment": 1.0}])
def test_gradients_are_those_of_every_row_by_itself(changes: dict[str, Any]) -> None:
    model, data, clip = a_network(**changes), some_rows(), 0.8
    arrays = arrays_of(model)
    found = clipped_gradients(model, arrays, data, clip, seed=0)
    network = Network(model.layers, 0.0)
    network.load_state_dict({name: torch.tensor(each) for name, each in arrays.items()})
    loss, expected = RowLoss(model.settings, data), 0
    for row in range(len(data)):
        own = data.take(np.array([row]))
        network.zero_grad()
        value = loss(network(torch.tensor(own.features)), torch.tensor(own.candidates))
        (value * own.row_weights[0]).sum().backward()
        named = dict(network.named_parameters())
        gradient = torch.cat([named[name].grad.flatten() for name in arrays]).double().numpy()
        expected = expected + gradient * min(1, clip / np.linalg.norm(gradient))
    assert np.allclose(found, expected, atol=1e-5)


def test_one_patient_moves_the_sum_by_the_clip_at_most() -> None:
    model, data, clip = a_network(), some_rows(), 0.3
    arrays = arrays_of(model)
    whole = clipped_gradients(model, arrays, data, clip, seed=0)
    for left_out in range(0, 40, 5):
        others = data.take(np.delete(np.arange(40), left_out))
        less = clipped_gradients(model, arrays, others, clip, seed=0)
        assert np.linalg.norm(whole - less) <= clip * (1 + 1e-4)


def test_no_rows_give_nothing() -> None:
    model = a_network()
    found = clipped_gradients(model, arrays_of(model), some_rows().take(np.array([], int)), 1.0, 0)
    assert not found.any()


def test_layers_that_mix_rows_are_refused_with_the_reason() -> None:
    with pytest.raises(SettingsError, match="BatchNorm"):
        refuse_mixing_layers(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)))
