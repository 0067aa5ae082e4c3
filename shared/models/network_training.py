"""Training a neural network's weights at one hospital, with torch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn

from shared.models.base import Arrays
from shared.models.network_layers import Encoder, NetworkLayers
from shared.models.network_losses import RowLoss
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import TrainingData

if TYPE_CHECKING:
    from torch.optim import Optimizer

_linear: Callable[..., nn.Module] = nn.utils.skip_init
# Torch has one generator in a process; two hospitals drawing from it would change each other.
_TORCH_IN_USE = threading.Lock()


class Network(nn.Module):
    """The torch module whose state is the model's arrays."""

    def __init__(self, layers: NetworkLayers, dropout: float) -> None:
        super().__init__()
        self._layers = layers
        self._dropout = dropout
        shapes = layers.shapes()
        for name, shape in shapes.items():
            module, _, parameter = name.partition(".")
            if parameter == "weight":
                # Weights come from elsewhere: drawing some would use up the generator.
                bias = f"{module}.bias" in shapes
                linear = _linear(nn.Linear, shape[1], shape[0], bias=bias)
                self.add_module(module, linear)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return logits of shape (rows, classes)."""
        values = self._inputs(features)
        for layer in range(self._layers.last + 1):
            values = self.get_submodule(f"linear_{layer}")(values)
            if layer < self._layers.last:
                values = nn.functional.dropout(values.relu(), self._dropout, self.training)
        return values

    def _inputs(self, features: torch.Tensor) -> torch.Tensor:
        if not self._layers.encoders:
            return features
        plain = features[:, torch.from_numpy(self._layers.plain)]
        return torch.hstack([plain, *(self._encoded(e, features) for e in self._layers.encoders)])

    def _encoded(self, encoder: Encoder, features: torch.Tensor) -> torch.Tensor:
        columns = features[:, encoder.block.start : encoder.block.stop]
        linear = self.get_submodule(encoder.name.removesuffix(".weight"))
        if encoder.block.kind != "terms":
            return linear(columns)  # type: ignore[no-any-return]
        scaled = columns / columns.sum(dim=1, keepdim=True).clamp(min=1).sqrt()
        return linear(scaled).relu()  # type: ignore[no-any-return]


class LocalTraining:
    """One hospital's steps in one round.

    Parameters
    ----------
    proximal_mu : float
        Mu / 2 times the squared distance to the shared weights is added to the loss (FedProx).
    correction : Arrays, optional
        Added to every gradient (SCAFFOLD).
    """

    def __init__(
        self,
        layers: NetworkLayers,
        settings: NeuralNetworkSettings,
        data: TrainingData,
        proximal_mu: float = 0.0,
        correction: Arrays | None = None,
    ) -> None:
        self._settings = settings
        self._data = data
        self._proximal_mu = proximal_mu
        self._correction = {name: torch.tensor(each) for name, each in (correction or {}).items()}
        self._network = Network(layers, settings.dropout)
        self._loss = RowLoss(settings, data)
        self.steps = 0

    def run(self, arrays: Arrays) -> Arrays:
        """Return the weights after the local epochs, from the shared ones."""
        state = {name: torch.tensor(each, dtype=torch.float32) for name, each in arrays.items()}
        self._network.load_state_dict(state)
        optimiser = self._optimiser()
        for features, candidates, weights in self._batches():
            optimiser.zero_grad()
            loss = (self._loss(self._network(features), candidates) * weights).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            self._adjust(state)
            optimiser.step()
            self.steps += 1
        return {name: each.numpy().copy() for name, each in self._network.state_dict().items()}

    def _adjust(self, shared: dict[str, torch.Tensor]) -> None:
        """Change the gradients as the strategy asks."""
        for name, parameter in self._network.named_parameters():
            if parameter.grad is None:
                continue
            if self._proximal_mu:
                parameter.grad += self._proximal_mu * (parameter.detach() - shared[name])
            if name in self._correction:
                parameter.grad += self._correction[name]

    def _optimiser(self) -> Optimizer:
        decay = self._settings.l2_regularisation / max(self._data.federated_rows, len(self._data))
        kind = torch.optim.SGD if self._settings.optimiser == "sgd" else torch.optim.AdamW
        named = list(self._network.named_parameters())
        weights = [each for name, each in named if not name.endswith(".bias")]
        biases = [each for name, each in named if name.endswith(".bias")]
        groups = [
            {"params": weights, "weight_decay": decay},
            {"params": biases, "weight_decay": 0.0},
        ]
        return kind(groups, lr=self._settings.learning_rate)

    def _batches(self) -> Iterator[tuple[torch.Tensor, ...]]:
        data = self._data
        tensors = (
            torch.from_numpy(data.features),
            torch.from_numpy(data.candidates),
            torch.tensor(data.row_weights, dtype=torch.float32),
        )
        size = self._settings.batch_size or len(data)
        for _ in range(self._settings.local_epochs):
            if size >= len(data):
                yield tensors
                continue
            for rows in torch.split(torch.randperm(len(data)), size):
                yield tuple(tensor[rows] for tensor in tensors)


@contextmanager
def repeatable_torch(seed: int) -> Iterator[None]:
    """Seed torch and keep it to one thread, so that sums are added in one order; then restore."""
    with _TORCH_IN_USE:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                yield
        finally:
            torch.set_num_threads(threads)
