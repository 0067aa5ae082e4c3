"""The server's optimiser, for a data set that trains alone as a federation of one.

In a federation Flower's own strategies do this; these are the same steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shared.models.base import Arrays
from shared.models.neural_network_settings import NeuralNetworkSettings

FIRST_MOMENT, SECOND_MOMENT = 0.9, 0.99


@dataclass
class ServerStep:
    """A step along what training changed (Reddi et al. 2021; FedAvgM: Hsu et al. 2019).

    Strategies that only average leave a single data set's model as it is.
    """

    settings: NeuralNetworkSettings
    first: Arrays = field(default_factory=dict)
    second: Arrays = field(default_factory=dict)

    def __call__(self, number: int, shared: Arrays, trained: Arrays) -> Arrays:
        """Return the next shared model.

        Parameters
        ----------
        number : int
            Of the round, from 1.
        shared, trained : Arrays
            The model before and after the hospital's training.
        """
        changes = {name: trained[name] - shared[name] for name in shared}
        if self.settings.strategy == "FedAvgM":
            return self._with_momentum(shared, changes)
        if self.settings.strategy not in ("FedAdam", "FedYogi", "FedAdagrad"):
            return trained
        rate = self._rate(number)
        moved = {}
        for name, change in changes.items():
            step = rate * self._first(name, change)
            deviation = np.sqrt(self._second(name, change)) + self.settings.damping
            moved[name] = (shared[name] + step / deviation).astype(np.float32)
        return moved

    def _with_momentum(self, shared: Arrays, changes: Arrays) -> Arrays:
        share, rate = self.settings.server_momentum, self.settings.server_learning_rate
        self.first = {
            name: share * self.first[name] + change if self.first else change
            for name, change in changes.items()
        }
        return {
            name: (shared[name] + rate * self.first[name]).astype(np.float32) for name in shared
        }

    def _rate(self, number: int) -> float:
        rate = self.settings.server_learning_rate
        if self.settings.strategy == "FedAdam":
            rate *= float(np.sqrt(1 - SECOND_MOMENT ** (number + 1))) / (
                1 - FIRST_MOMENT ** (number + 1)
            )
        return rate

    def _first(self, name: str, change: np.ndarray) -> np.ndarray:
        share = 0.0 if self.settings.strategy == "FedAdagrad" else FIRST_MOMENT
        before = self.first.get(name, 0 * change)
        self.first[name] = share * before + (1 - share) * change
        return self.first[name]

    def _second(self, name: str, change: np.ndarray) -> np.ndarray:
        before, square = self.second.get(name, 0 * change), np.square(change)
        if self.settings.strategy == "FedAdam":
            after = SECOND_MOMENT * before + (1 - SECOND_MOMENT) * square
        elif self.settings.strategy == "FedYogi":
            after = before - (1 - SECOND_MOMENT) * square * np.sign(before - square)
        else:
            after = before + square
        self.second[name] = after
        return self.second[name]
