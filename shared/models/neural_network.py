"""A multilayer perceptron whose weights hospitals can average.

It has no batch normalisation: running statistics of unequal hospitals do not average, and they
would mix patients within a batch, which differentially private training forbids.

Only training needs torch; a hospital that serves predictions does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from shared.models.base import (
    Arrays,
    ModelKind,
    TrainingRequest,
    TrainingStep,
    derive_seed,
)
from shared.models.early_stopping import EarlyStopping
from shared.models.figures import STEPS, VALIDATION_LOSS, VALIDATION_WEIGHT
from shared.models.network_layers import NetworkLayers, layers_of
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.safetensors_file import arrays_from_file, arrays_to_file, check_shapes
from shared.models.server_step import ServerStep
from shared.models.training_data import Matrix, Probabilities, TrainingData
from shared.models.transfer import Transfer

FILE = "model.safetensors"
PROXIMAL = "proximal-mu"


class NeuralNetwork(ModelKind[NeuralNetworkSettings]):
    """Linear layers with ReLU and dropout between them.

    The arrays are ``linear_0.weight`` of shape (outputs, inputs), ``linear_0.bias`` of shape
    (outputs,), and so on, all float32, and ``encoder_N.weight`` for the feature whose columns
    begin at N, where the settings ask for embeddings.
    """

    name = "neural_network"

    @cached_property
    def layers(self) -> NetworkLayers:
        """The layers, in this task's shape."""
        return layers_of(self.settings, self.columns, self.classes, self.blocks)

    def transfer(self, class_counts: npt.NDArray[np.int64]) -> Transfer:
        """Return what the transfer settings mean for this network.

        Parameters
        ----------
        class_counts : int array of shape (classes,)
            Training rows of each class at all hospitals together.
        """
        return Transfer(self.settings.transfer, self.layers, class_counts)

    def initial_arrays(self) -> Arrays:
        """Return hidden layers drawn after He et al. 2015 and an output that favours no class."""
        return self.layers.initial(np.random.default_rng(derive_seed(self.seed)))

    def train(self, arrays: Arrays, data: TrainingData, request: TrainingRequest) -> TrainingStep:
        """Run the local epochs, from the shared weights.

        A row whose label stands for several classes is learned from by the probability of all of
        them together. With the option ``proximal-mu`` the loss also has mu / 2 times the squared
        distance to the shared weights (FedProx, Li et al. 2020); a correction is added to every
        gradient (SCAFFOLD, Karimireddy et al. 2020).

        Raises
        ------
        DataError
            When there is no training row.
        """
        from shared.models.network_training import LocalTraining, repeatable_torch

        data.require_rows()
        learning = data.for_learning
        is_pretraining = self.transfer(data.class_counts).is_pretraining(request.round_number)
        if is_pretraining:
            learning = learning.without_rare
        seed = derive_seed(self.seed, request.hospital_seed, request.round_number)
        with repeatable_torch(seed):
            training = LocalTraining(
                self.layers,
                self.settings,
                learning,
                request.options.get(PROXIMAL, 0.0),
                request.correction,
            )
            trained = training.run(arrays)
        loss = learning.loss(self.predict(trained, learning.features))
        figures: dict[str, float] = {}
        if self.settings.strategy == "SCAFFOLD":
            figures[STEPS] = float(training.steps)
        if self.settings.early_stopping_rounds and not is_pretraining:
            figures |= self._validated(arrays, data.for_validation)
        return TrainingStep(trained, loss, figures)

    def _validated(self, arrays: Arrays, held: TrainingData) -> dict[str, float]:
        weight = float(held.row_weights.sum())
        loss = held.loss(self.predict(arrays, held.features)) * weight if len(held) else 0.0
        return {VALIDATION_LOSS: loss, VALIDATION_WEIGHT: weight}

    def fine_tune(self, arrays: Arrays, data: TrainingData) -> Arrays:
        """Go on with one hospital's rows for as many epochs as the settings say."""
        from shared.models.network_training import LocalTraining, repeatable_torch

        epochs = self.settings.transfer.fine_tuning_epochs
        settings = self.settings.model_copy(update={"local_epochs": epochs})
        with repeatable_torch(derive_seed(self.seed)):
            return LocalTraining(self.layers, settings, data).run(arrays)

    def train_alone(self, data: TrainingData, *, hospital_seed: int) -> Arrays:
        """Train as a federation of this one data set."""
        step, arrays = ServerStep(self.settings), self.initial_arrays()
        transfer = self.transfer(data.class_counts)
        stopping = EarlyStopping(self.settings.early_stopping_rounds)
        for number in range(1, self.settings.rounds + 1):
            if transfer.begins(number):
                sums = transfer.prototype_sums(arrays, data.for_learning)
                arrays = transfer.with_prototypes(arrays, sums)
            request = TrainingRequest(number, hospital_seed)
            trained = self.train(arrays, data, request)
            weight = trained.figures.get(VALIDATION_WEIGHT, 0.0)
            if weight and stopping.judged(arrays, trained.figures[VALIDATION_LOSS] / weight):
                break
            arrays = transfer.settled(number, arrays, step(number, arrays, trained.arrays))
        return stopping.best or arrays

    def predict(self, arrays: Arrays, features: Matrix) -> Probabilities:
        """Return class probabilities of shape (rows, classes), by NumPy alone."""
        exponents = self.layers.logits(arrays, features).astype(np.float64)
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
        check_shapes(arrays, self.layers.shapes())

    def update_norm(self, shared: Arrays, update: Arrays) -> float:
        """Return the Euclidean norm of the change over all weights."""
        squares = (
            np.square(update[name].astype(np.float64) - shared[name]).sum() for name in update
        )
        return math.sqrt(sum(squares))
