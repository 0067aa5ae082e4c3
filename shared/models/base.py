"""The one interface behind which every model kind stands.

A model's learned state is a flat dictionary of NumPy arrays, so that it travels as a Flower
ArrayRecord, is stored without executing anything when loaded, and is merged by strategies that
need to know nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from shared.errors import DataError
from shared.settings_file import StrictModel

Arrays = dict[str, npt.NDArray[Any]]
Matrix = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]

KindSettings = TypeVar("KindSettings", bound=StrictModel)

SMALLEST_PROBABILITY = 1e-15


def derive_seed(*parts: int) -> int:
    """Mix whole numbers into one 32-bit seed; neighbouring parts give unrelated seeds."""
    return int(np.random.SeedSequence([part % 2**32 for part in parts]).generate_state(1)[0])


@dataclass(frozen=True)
class TrainingData:
    """Preprocessed training rows of one hospital.

    Attributes
    ----------
    features : float32 array of shape (rows, columns)
        NaN where a value is missing, for kinds that keep it so.
    candidates : bool array of shape (rows, classes)
        The classes a row's label stands for: one for a leaf, several for a coarser label.
    class_weights : float64 array of shape (classes,)
        Weight of each class in the loss; the same at every hospital, from the federated counts.
    class_frequencies : float64 array of shape (classes,)
        Federated share of each class among the rows labelled with a leaf; sums to one.
    """

    features: Matrix
    candidates: npt.NDArray[np.bool_]
    class_weights: npt.NDArray[np.float64]
    class_frequencies: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.features)

    @property
    def row_weights(self) -> npt.NDArray[np.float64]:
        """Weight of each row: the mean class weight over its candidates, by frequency.

        Returns
        -------
        array of shape (rows,)
        """
        shares = self.candidate_shares()
        return shares @ self.class_weights

    def candidate_shares(self) -> npt.NDArray[np.float64]:
        """Spread each row over its candidate classes by the classes' federated frequency.

        Returns
        -------
        array of shape (rows, classes)
            Each row sums to one.
        """
        shares = self.candidates * np.maximum(self.class_frequencies, 1e-9)
        normalised: npt.NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
        return normalised

    def loss(self, probabilities: Probabilities) -> float:
        """Return the mean negative log probability of the candidates, weighted by row.

        Parameters
        ----------
        probabilities : array of shape (rows, classes)
        """
        of_candidates = (probabilities * self.candidates).sum(axis=1)
        weights = self.row_weights
        losses = -np.log(np.maximum(of_candidates, SMALLEST_PROBABILITY))
        return float((losses * weights).sum() / weights.sum())

    def require_rows(self) -> None:
        """Refuse to train on nothing.

        Raises
        ------
        DataError
            When there is no row.
        """
        if not len(self):
            raise DataError(
                "There are no training rows.",
                "Check that the hospital's records have labels that the task knows.",
            )


@dataclass(frozen=True)
class TrainingStep:
    """What one hospital's training in one round produced.

    Attributes
    ----------
    arrays : Arrays
        What is sent to the server: a whole model, or the part added in this round.
    loss : float
        Mean training loss after the step, weighted by class.
    """

    arrays: Arrays
    loss: float


class ModelKind(ABC, Generic[KindSettings]):
    """A kind of model: how it starts, learns at a hospital and predicts.

    Implementations hold no state; everything learned is in the arrays.
    """

    name: str
    settings: KindSettings

    def __init__(self, settings: KindSettings, columns: int, classes: int, seed: int) -> None:
        self.settings = settings
        self.columns = columns
        self.classes = classes
        self.seed = seed

    @property
    def keeps_missing(self) -> bool:
        """Whether missing numbers reach the model as NaN instead of what imputation puts there."""
        return False

    @abstractmethod
    def initial_arrays(self) -> Arrays:
        """Return the model before any training; the same on every machine."""

    @abstractmethod
    def train(
        self,
        arrays: Arrays,
        data: TrainingData,
        *,
        round_number: int,
        hospital_seed: int,
        options: Mapping[str, float],
    ) -> TrainingStep:
        """Train locally for one round, from the shared model.

        Parameters
        ----------
        arrays : Arrays
            The shared model of the last round.
        round_number : int
            From 1.
        hospital_seed : int
            Differs between hospitals, so that they do not draw the same rows and columns.
        options : mapping of str to float
            What the aggregation strategy asks of a hospital, such as ``proximal-mu``.
        """

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
