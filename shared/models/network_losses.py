"""What a neural network minimises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import TrainingData

if TYPE_CHECKING:
    import torch


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


class RowLoss:
    """The loss of each row, as a run's settings have it.

    Focal loss (Lin et al. 2017) multiplies a row's loss by ``(1 - p) ** gamma``; logit adjustment
    (Menon et al. 2021) adds tau times the log of the federated class frequencies to the logits of
    training. With neither it is the cross entropy.
    """

    def __init__(self, settings: NeuralNetworkSettings, data: TrainingData) -> None:
        import numpy as np
        import torch

        frequencies = np.maximum(data.class_frequencies, 1 / max(data.federated_rows, len(data), 1))
        shift = settings.logit_adjustment * np.log(frequencies)
        self._shift = torch.tensor(shift, dtype=torch.float32)
        self._gamma = settings.focal_gamma if settings.loss == "focal" else 0.0

    def __call__(self, logits: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
        """Return the loss of each row, shape (rows,)."""
        losses = candidate_loss(logits + self._shift, candidates)
        if not self._gamma:
            return losses
        # Rounding may put a loss just under zero, where a power has no slope.
        certain = (-losses).exp().clamp(max=1 - 1e-6)
        focal: torch.Tensor = (1 - certain) ** self._gamma * losses
        return focal
