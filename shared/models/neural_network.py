"""A multilayer perceptron whose weights hospitals can average.

It has no batch normalisation: running statistics of unequal hospitals do not average, and they
would mix patients within a batch, which differentially private training forbids.

Only training needs torch; a hospital that serves predictions does not.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from shared.models.base import (
    Arrays,
    Matrix,
    ModelKind,
    Probabilities,
    TrainingData,
    TrainingStep,
    derive_seed,
)
from shared.models.safetensors_file import arrays_from_file, arrays_to_file, check_shapes
from shared.models.settings import NeuralNetworkSettings

if TYPE_CHECKING:
    import torch

# Torch has one generator in a process; two hospitals drawing from it would change each other.
_TORCH_IN_USE = threading.Lock()

FILE = "model.safetensors"
PROXIMAL = "proximal-mu"


class NeuralNetwork(ModelKind[NeuralNetworkSettings]):
    """Linear layers with ReLU and dropout between them.

    The arrays are ``linear_0.weight`` of shape (outputs, inputs), ``linear_0.bias`` of shape
    (outputs,), and so on, all float32: what `build_network` has as its state.
    """

    name = "neural_network"

    @property
    def widths(self) -> list[int]:
        """Values before the first layer, after each, and after the last."""
        return [self.columns, *self.settings.hidden, self.classes]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, (inputs, outputs) in enumerate(pairwise(self.widths)):
            shapes[f"linear_{layer}.weight"] = (outputs, inputs)
            shapes[f"linear_{layer}.bias"] = (outputs,)
        return shapes

    def initial_arrays(self) -> Arrays:
        """Return hidden layers drawn after He et al. 2015 and an output that favours no class."""
        generator = np.random.default_rng(derive_seed(self.seed))
        arrays: Arrays = {}
        last = len(self.widths) - 2
        for layer in range(last + 1):
            shape = (self.widths[layer + 1], self.widths[layer])
            bound = 0.0 if layer == last else float(np.sqrt(6 / shape[1]))
            weight = generator.uniform(-bound, bound, shape) if bound else np.zeros(shape)
            arrays[f"linear_{layer}.weight"] = weight.astype(np.float32)
            arrays[f"linear_{layer}.bias"] = np.zeros(shape[0], np.float32)
        return arrays

    def train(
        self,
        arrays: Arrays,
        data: TrainingData,
        *,
        round_number: int,
        hospital_seed: int,
        options: Mapping[str, float],
    ) -> TrainingStep:
        """Run AdamW for the local epochs, from the shared weights.

        A row whose label stands for several classes is learned from by the probability of all of
        them together. With the option ``proximal-mu`` the loss also has mu / 2 times the squared
        distance to the shared weights (FedProx, Li et al. 2020).

        Raises
        ------
        DataError
            When there is no training row.
        """
        data.require_rows()
        seed = derive_seed(self.seed, hospital_seed, round_number)
        with repeatable_torch(seed):
            trained = self._fit(arrays, data, options.get(PROXIMAL, 0.0))
        return TrainingStep(trained, data.loss(self.predict(trained, data.features)))

    def _fit(self, arrays: Arrays, data: TrainingData, proximal_mu: float) -> Arrays:
        import torch

        network = build_network(self.settings, self.columns, self.classes)
        network.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
        shared = [parameter.detach().clone() for parameter in network.parameters()]
        optimiser = torch.optim.AdamW(
            network.parameters(),
            lr=self.settings.learning_rate,
            weight_decay=self.settings.weight_decay,
        )
        for features, candidates, weights in self._batches(data):
            optimiser.zero_grad()
            loss = (candidate_loss(network(features), candidates) * weights).mean()
            if proximal_mu:
                loss = loss + proximal_mu / 2 * squared_distance(network.parameters(), shared)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return {name: tensor.numpy().copy() for name, tensor in network.state_dict().items()}

    def _batches(self, data: TrainingData) -> Iterator[tuple[torch.Tensor, ...]]:
        import torch

        tensors = (
            torch.tensor(data.features),
            torch.tensor(data.candidates),
            torch.tensor(data.row_weights, dtype=torch.float32),
        )
        for _ in range(self.settings.local_epochs):
            for rows in torch.split(torch.randperm(len(data)), self.settings.batch_size):
                yield tuple(tensor[rows] for tensor in tensors)

    def train_alone(self, data: TrainingData, *, hospital_seed: int) -> Arrays:
        """Train as a federation of this one data set."""
        arrays = self.initial_arrays()
        for round_number in range(1, self.settings.rounds + 1):
            arrays = self.train(
                arrays, data, round_number=round_number, hospital_seed=hospital_seed, options={}
            ).arrays
        return arrays

    def predict(self, arrays: Arrays, features: Matrix) -> Probabilities:
        """Return class probabilities of shape (rows, classes), by NumPy alone."""
        values = features
        last = len(self.widths) - 2
        for layer in range(last + 1):
            values = values @ arrays[f"linear_{layer}.weight"].T + arrays[f"linear_{layer}.bias"]
            if layer < last:
                values = np.maximum(values, 0)
        exponents = values.astype(np.float64)
        exponentials = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        probabilities: Probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        return probabilities

    def to_files(self, arrays: Arrays) -> dict[str, bytes]:
        """Return the weights as a safetensors file."""
        return arrays_to_file(FILE, arrays)

    def from_files(self, files: Mapping[str, bytes]) -> Arrays:
        """Read the weights back; see `ModelKind.from_files`."""
        arrays = arrays_from_file(FILE, files)
        self.check_arrays(arrays)
        return arrays

    def check_arrays(self, arrays: Arrays) -> None:
        """Refuse other names, shapes or types, and numbers that are not finite.

        Any floating-point type will do: FedAdam answers in float64, and training rounds it again.
        """
        check_shapes(arrays, self.shapes())

    def update_norm(self, shared: Arrays, update: Arrays) -> float:
        """Return the Euclidean norm of the change over all weights."""
        squares = (
            np.square(update[name].astype(np.float64) - shared[name]).sum() for name in update
        )
        return math.sqrt(sum(squares))


def build_network(
    settings: NeuralNetworkSettings, columns: int, classes: int
) -> torch.nn.Sequential:
    """Return the torch module whose state is the model's arrays."""
    from torch import nn

    widths = [columns, *settings.hidden, classes]
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for layer, (inputs, outputs) in enumerate(pairwise(widths)):
        if layer:
            layers[f"relu_{layer}"] = nn.ReLU()
            layers[f"dropout_{layer}"] = nn.Dropout(settings.dropout)
        layers[f"linear_{layer}"] = nn.Linear(inputs, outputs)
    return nn.Sequential(layers)


def candidate_loss(logits: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
    """Return minus the log of each row's summed probability of its candidate classes.

    Parameters
    ----------
    logits : float tensor of shape (rows, classes)
    candidates : bool tensor of shape (rows, classes)
        At least one true in each row.
    """
    of_candidates = logits.masked_fill(~candidates, float("-inf")).logsumexp(dim=1)
    return logits.logsumexp(dim=1) - of_candidates


def squared_distance(
    parameters: Iterator[torch.nn.Parameter], shared: list[torch.Tensor]
) -> torch.Tensor:
    """Return the squared Euclidean distance between two sets of weights."""
    import torch

    parts = [(own - other).square().sum() for own, other in zip(parameters, shared, strict=True)]
    return torch.stack(parts).sum()


@contextmanager
def repeatable_torch(seed: int) -> Iterator[None]:
    """Seed torch and keep it to one thread, so that sums are added in one order; then restore."""
    import torch

    with _TORCH_IN_USE:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                yield
        finally:
            torch.set_num_threads(threads)
