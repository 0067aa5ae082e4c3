"""Sums of per-patient gradients of a network, each clipped (Abadi et al. 2016)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from shared.errors import SettingsError
from shared.models.base import Arrays
from shared.models.network_losses import RowLoss
from shared.models.network_training import Network, repeatable_torch
from shared.models.neural_network import NeuralNetwork
from shared.models.training_data import TrainingData

Floats = npt.NDArray[np.float64]
ROWS_AT_ONCE = 512


def clipped_gradients(
    model: NeuralNetwork, arrays: Arrays, data: TrainingData, clip: float, seed: int
) -> Floats:
    """Sum the gradients of all rows, none longer than the clip, in the order of `arrays`.

    Gradients of single rows come from Opacus. What decides how a row is dropped out or weighted
    depends on no other row.

    Returns
    -------
    array of shape (numbers of the model,)

    Raises
    ------
    SettingsError
        When a layer mixes rows, so that a row's gradient is not its own.
    """
    from opacus import GradSampleModule

    network = Network(model.layers, model.settings.dropout)
    refuse_mixing_layers(network)
    state = {name: torch.tensor(each, dtype=torch.float32) for name, each in arrays.items()}
    network.load_state_dict(state)
    total = np.zeros(sum(each.size for each in arrays.values()))
    with repeatable_torch(seed):
        sampled = GradSampleModule(network, loss_reduction="sum")
        loss = RowLoss(model.settings, data)
        for start in range(0, len(data), ROWS_AT_ONCE):
            part = data.take(np.arange(start, min(start + ROWS_AT_ONCE, len(data))))
            total += _clipped(sampled, loss, part, list(arrays), clip)
    return total


def refuse_mixing_layers(network: torch.nn.Module) -> None:
    """Refuse a network that Opacus finds a fault with.

    Raises
    ------
    SettingsError
        Naming every layer.
    """
    from opacus.validators import ModuleValidator

    network.train()
    faults = ModuleValidator.validate(network, strict=False)
    if faults:
        raise SettingsError(
            f"The network cannot be trained with a formal guarantee: {'; '.join(map(str, faults))}",
            "Replace these layers; batch normalisation becomes group normalisation.",
        )


def _clipped(
    sampled: torch.nn.Module,
    loss: RowLoss,
    data: TrainingData,
    names: list[str],
    clip: float,
) -> Floats:
    sampled.zero_grad()
    # Opacus warns of inputs that take no gradient.
    features = torch.tensor(data.features, requires_grad=True)
    weights = torch.tensor(data.row_weights, dtype=torch.float32)
    losses = loss(sampled(features), torch.from_numpy(data.candidates)) * weights
    losses.sum().backward()  # type: ignore[no-untyped-call]
    parameters: dict[str, Any] = dict(sampled.named_parameters())
    # Opacus puts the gradient of each row beside the parameter.
    rows = [parameters[f"_module.{name}"].grad_sample.flatten(1) for name in names]
    gradients = torch.hstack(rows).to(torch.float64).numpy()
    lengths = np.linalg.norm(gradients, axis=1, keepdims=True)
    found: Floats = (gradients * np.minimum(1, clip / np.maximum(lengths, 1e-12))).sum(axis=0)
    return found
