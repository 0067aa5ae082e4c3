"""Small networks, one for each fold, as arrays that travel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.ranking.summed_gradients import Scorer

Floats = npt.NDArray[np.float64]


def network_arrays(networks: Sequence[Scorer]) -> Arrays:
    """Return the weights of all networks, by fold and name."""
    return {
        f"{fold}.{name}": value.detach().numpy().copy()
        for fold, network in enumerate(networks)
        for name, value in network.state_dict().items()
    }


def networks_of(arrays: Arrays) -> list[Scorer]:
    """Return the networks, in order of their folds.

    Raises
    ------
    JuntosError
        When the arrays are none.
    """
    try:
        folds = sorted({int(name.partition(".")[0]) for name in arrays})
        return [_network(arrays, fold) for fold in folds]
    except (ValueError, KeyError, RuntimeError, TypeError, IndexError):
        raise JuntosError("weights that belong to no network that ranks") from None


def _network(arrays: Arrays, fold: int) -> Scorer:
    start = f"{fold}."
    state = {
        name.removeprefix(start): torch.from_numpy(np.asarray(value).copy())
        for name, value in arrays.items()
        if name.startswith(start)
    }
    hidden, inputs = state["first.weight"].shape
    network = Scorer(inputs, hidden, state["second.weight"].shape[0], seed=0)
    network.load_state_dict(state)
    return network


def flat_gradient(network: Scorer) -> Floats:
    """Return the gradient, one parameter after the other; 0 where nothing was learned."""
    return np.concatenate(
        [
            (torch.zeros_like(each) if each.grad is None else each.grad).numpy().ravel()
            for each in network.parameters()
        ]
    ).astype(np.float64)


def use_gradient(network: Scorer, gradient: Floats) -> None:
    """Write a flat gradient into a network."""
    start = 0
    for each in network.parameters():
        part = gradient[start : start + each.numel()].astype(np.float32)
        each.grad = torch.from_numpy(part.reshape(tuple(each.shape)).copy())
        start += each.numel()
