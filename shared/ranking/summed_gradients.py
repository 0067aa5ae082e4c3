"""Small networks learned from gradients that add up over hospitals.

Which cases are in a step is drawn for every case by itself, not for every hospital, so that the
sums of all hospitals are those of all cases in one place: federated and pooled learning differ by
rounding alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Rows = npt.NDArray[np.int64]
# Of a network and rows of the training cases, the loss of each.
Loss = Callable[[nn.Module, Rows], Tensor]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    passes: int = 12
    steps_per_pass: int = 12
    rate: float = 5e-3
    decay: float = 1e-3


class Scorer(nn.Module):
    """One hidden layer beside a linear map.

    Parameters
    ----------
    inputs, hidden, outputs : int
    seed : int
        Of the first weights, which all hospitals draw alike.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, outputs)
        self.linear = nn.Linear(inputs, outputs)
        # Little is believed before anything is learned.
        self.against = nn.Parameter(torch.full((1,), -3.0))
        with torch.no_grad():
            for layer in (self.first, self.second, self.linear):
                bound = layer.in_features**-0.5
                layer.weight.uniform_(-bound, bound, generator=generator)
                layer.bias.zero_()

    def belief(self) -> Tensor:
        """Return the weight of evidence against, which is learned but never below 0."""
        return nn.functional.softplus(self.against)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return scores of shape (..., outputs)."""
        found: Tensor = self.second(torch.relu(self.first(inputs))) + self.linear(inputs)
        return found


def learn(
    network: nn.Module,
    loss: Loss,
    weights: Tensor,
    hospitals: Sequence[Rows],
    draws: npt.NDArray[np.float64],
    schedule: Schedule,
) -> None:
    """Learn in place.

    Parameters
    ----------
    weights : tensor of shape (cases,)
    hospitals : sequence of int arrays
        Rows of each hospital's training cases.
    draws : array of shape (cases, passes)
        A number in 0 to 1 for each case and pass: which step of the pass it is in.
    """
    steps = schedule.passes * schedule.steps_per_pass
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=schedule.rate, weight_decay=schedule.decay
    )
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.rate, total_steps=steps)
    for number in range(steps):
        turn, step = divmod(number, schedule.steps_per_pass)
        here = (draws[:, turn] * schedule.steps_per_pass).astype(int) == step
        chosen = [rows[here[rows]] for rows in hospitals]
        total = sum(float(weights[rows].sum()) for rows in chosen)
        optimiser.zero_grad()
        for rows in chosen:
            if len(rows):
                # Gradients of one hospital after the other add up.
                torch.sum(loss(network, rows) * weights[rows] / total).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        rates.step()
