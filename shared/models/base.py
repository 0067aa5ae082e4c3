"""The one interface behind which every model kind stands.

A model's learned state is a flat dictionary of NumPy arrays, so that it travels as a Flower
ArrayRecord, is stored without executing anything when loaded, and is merged by strategies that
need to know nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from shared.column_blocks import ColumnBlock
from shared.models.training_data import Matrix, Probabilities, TrainingData
from shared.settings_file import StrictModel

Arrays = dict[str, npt.NDArray[Any]]

KindSettings = TypeVar("KindSettings", bound=StrictModel)


def derive_seed(*parts: int) -> int:
    """Mix whole numbers into one 32-bit seed; neighbouring parts give unrelated seeds."""
    return int(np.random.SeedSequence([part % 2**32 for part in parts]).generate_state(1)[0])


@dataclass(frozen=True)
class TrainingStep:
    """What one hospital's training in one round produced.

    Attributes
    ----------
    arrays : Arrays
        What is sent to the server: a whole model, or the part added in this round.
    loss : float
        Mean training loss after the step, weighted by class.
    figures : dict of str to float
        What the strategy needs beside that, by the names of `shared.models.figures`.
    """

    arrays: Arrays
    loss: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingRequest:
    """What a hospital is asked to do in one round.

    Attributes
    ----------
    round_number : int
        From 1.
    hospital_seed : int
        Differs between hospitals, so that they do not draw the same rows and columns.
    options : mapping of str to float
        What the aggregation strategy asks of a hospital, such as ``proximal-mu``.
    correction : Arrays, optional
        Added to every gradient, in the shape of the model (SCAFFOLD).
    """

    round_number: int
    hospital_seed: int
    options: Mapping[str, float] = field(default_factory=dict)
    correction: Arrays | None = None


class ModelKind(ABC, Generic[KindSettings]):
    """A kind of model: how it starts, learns at a hospital and predicts.

    Implementations hold no state; everything learned is in the arrays.
    """

    name: str
    settings: KindSettings

    def __init__(
        self,
        settings: KindSettings,
        columns: int,
        classes: int,
        seed: int,
        blocks: Sequence[ColumnBlock] = (),
    ) -> None:
        self.settings = settings
        self.columns = columns
        self.classes = classes
        self.seed = seed
        self.blocks = tuple(blocks)

    @property
    def keeps_missing(self) -> bool:
        """Whether missing numbers reach the model as NaN instead of what imputation puts there."""
        return False

    @abstractmethod
    def initial_arrays(self) -> Arrays:
        """Return the model before any training; the same on every machine."""

    @abstractmethod
    def train(self, arrays: Arrays, data: TrainingData, request: TrainingRequest) -> TrainingStep:
        """Train locally for one round, from the shared model of the last one."""

    @abstractmethod
    def train_alone(self, data: TrainingData, *, hospital_seed: int) -> Arrays:
        """Train the whole model on one data set, as long as all federated rounds together."""

    @abstractmethod
    def predict(self, arrays: Arrays, features: Matrix) -> Probabilities:
        """Return class probabilities of shape (rows, classes); each row sums to one."""

    @abstractmethod
    def to_files(self, arrays: Arrays) -> dict[str, bytes]:
        """Return the model as files by name, in a format that executes nothing when loaded."""

    @abstractmethod
    def from_files(self, files: Mapping[str, bytes]) -> Arrays:
        """Read back what `to_files` wrote.

        Raises
        ------
        BundleError
            When a file is missing, malformed or of another shape.
        """

    @abstractmethod
    def check_arrays(self, arrays: Arrays) -> None:
        """Refuse arrays from another party that are not a model of this kind and shape.

        Raises
        ------
        BundleError
            Naming what does not fit.
        """

    def check_update(self, arrays: Arrays) -> None:
        """Refuse what a hospital's `train` cannot have produced; by default, no model.

        Raises
        ------
        BundleError
            Naming what does not fit.
        """
        self.check_arrays(arrays)

    def update_norm(self, shared: Arrays, update: Arrays) -> float:  # noqa: ARG002 - see below
        """Return how far an update moves the shared model: a Euclidean norm.

        0 for kinds whose `check_update` bounds every number an update holds.
        """
        return 0.0
