"""The rows that models learn from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import DataError

Matrix = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]

SMALLEST_PROBABILITY = 1e-15


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
    validation : bool array of shape (rows,), optional
        Rows that a model does not learn from and that says when to stop; none without it.
    class_counts : int array of shape (classes,), optional
        Federated rows labelled with each class.
    rare : bool array of shape (classes,), optional
        Which classes the contract calls rare.
    federated_rows : int
        Training rows of all hospitals together; 0 for these rows only.
    """

    features: Matrix
    candidates: npt.NDArray[np.bool_]
    class_weights: npt.NDArray[np.float64]
    class_frequencies: npt.NDArray[np.float64]
    validation: npt.NDArray[np.bool_] | None = None
    class_counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    rare: npt.NDArray[np.bool_] | None = None
    federated_rows: int = 0

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: npt.NDArray[Any]) -> TrainingData:
        """Return some of the rows, by position or mask."""
        return replace(
            self,
            features=self.features[rows],
            candidates=self.candidates[rows],
            validation=None if self.validation is None else self.validation[rows],
        )

    def with_validation(self, validation: npt.NDArray[np.bool_]) -> TrainingData:
        """Return the same rows, some of which only say when to stop."""
        return replace(self, validation=validation)

    def with_more(self, other: TrainingData) -> TrainingData:
        """Return these rows and then another's, none of which only says when to stop."""
        more = np.zeros(len(other), dtype=np.bool_)
        return replace(
            self,
            features=np.concatenate([self.features, other.features]),
            candidates=np.concatenate([self.candidates, other.candidates]),
            validation=np.concatenate([self.validation_mask, more]),
        )

    @property
    def validation_mask(self) -> npt.NDArray[np.bool_]:
        """Which rows only say when to stop, shape (rows,)."""
        return np.zeros(len(self), dtype=np.bool_) if self.validation is None else self.validation

    @property
    def for_learning(self) -> TrainingData:
        """The rows that a model learns from."""
        return self.take(~self.validation_mask)

    @property
    def for_validation(self) -> TrainingData:
        """The rows that say when to stop."""
        return self.take(self.validation_mask)

    @property
    def without_rare(self) -> TrainingData:
        """The same rows; those of rare classes count nothing."""
        if self.rare is None:
            return self
        return replace(self, class_weights=np.where(self.rare, 0.0, self.class_weights))

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

        0 where no row counts.

        Parameters
        ----------
        probabilities : array of shape (rows, classes)
        """
        total = float(self.row_weights.sum())
        return float(self.row_losses(probabilities).sum()) / total if total else 0.0

    def row_losses(self, probabilities: Probabilities) -> npt.NDArray[np.float64]:
        """Return each row's negative log probability of its candidates times its weight."""
        of_candidates = (probabilities * self.candidates).sum(axis=1)
        losses: npt.NDArray[np.float64] = -np.log(np.maximum(of_candidates, SMALLEST_PROBABILITY))
        return losses * self.row_weights

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
