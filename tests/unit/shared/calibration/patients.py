"""Rows with probabilities that are true, or distorted in a known way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.calibration import CalibrationCounts, count
from shared.calibration.temperature import apply_temperature
from shared.models.training_data import Probabilities


@dataclass(frozen=True)
class Patients:
    """Probabilities, and the classes each row's label stands for."""

    probabilities: Probabilities
    candidates: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.probabilities)

    def take(self, rows: npt.NDArray[np.intp]) -> Patients:
        return Patients(self.probabilities[rows], self.candidates[rows])

    def distorted(self, temperature: float) -> Patients:
        """Return bolder probabilities, which this temperature makes true again."""
        return Patients(apply_temperature(self.probabilities, 1 / temperature), self.candidates)

    def counts(self) -> CalibrationCounts:
        return count(self.probabilities, self.candidates)

    def log_loss(self, probabilities: Probabilities) -> float:
        said = (probabilities * self.candidates).sum(axis=1)
        return float(-np.log(said).mean())

    @property
    def labels(self) -> npt.NDArray[np.intp]:
        return self.candidates.argmax(axis=1)


def true_patients(
    rows: int, seed: int, classes: int = 4, spread: float = 1.5, coarse_share: float = 0.0
) -> Patients:
    """Draw labels from the probabilities themselves; some labels stand for two classes."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=spread, size=(rows, classes)) - 0.4 * np.arange(classes)
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    draws = generator.random((rows, 1))
    labels = (draws > probabilities.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    candidates = np.eye(classes, dtype=np.bool_)[labels]
    coarse = generator.random(rows) < coarse_share
    candidates[coarse, (labels[coarse] + 1) % classes] = True
    return Patients(probabilities, candidates)


def partition(patients: Patients, hospitals: int, seed: int) -> dict[str, Patients]:
    """Split rows over hospitals of random sizes, some of which may be empty."""
    owner = np.random.default_rng(seed).integers(hospitals, size=len(patients))
    return {
        f"hospital {each}": patients.take(np.flatnonzero(owner == each))
        for each in range(hospitals)
    }
