"""The rounds of one kind of model, with a checkpoint after each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flwr.app import ConfigRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from server.checkpoint import Progress
from shared.models.base import Arrays
from shared.questions import array_record, read_arrays


def train_rounds(
    strategy: Strategy,
    grid: Grid,
    begin: Progress,
    rounds: int,
    config: ConfigRecord,
    done: Callable[[Progress], None],
) -> Progress:
    """Carry out the rounds that are still to do, as Flower's `Strategy.start` does.

    Flower's own loop always begins at round 1; this one goes on where a killed run was.

    Parameters
    ----------
    begin : Progress
        Before the first round, or where the run was.
    done : callable
        Called after each round.
    """
    restore(strategy, begin.strategy)
    progress = begin
    for number in range(begin.number + 1, rounds + 1):
        shared = array_record(progress.arrays)
        replies = grid.send_and_receive(strategy.configure_train(number, shared, config, grid))
        merged, _ = strategy.aggregate_train(number, replies)
        progress = Progress(
            number=number,
            arrays=progress.arrays if merged is None else read_arrays(merged),
            trained=progress.trained or merged is not None,
            strategy=state_of(strategy),
        )
        done(progress)
    return progress


def state_of(strategy: Strategy) -> dict[str, Arrays]:
    """Return what a strategy carries from round to round: its attributes that hold arrays."""
    return {
        name: dict(value)
        for name, value in vars(strategy).items()
        if isinstance(value, dict)
        and value
        and all(isinstance(array, np.ndarray) for array in value.values())
    }


def restore(strategy: Strategy, state: dict[str, Arrays]) -> None:
    """Give a new strategy what an earlier one carried."""
    for name, arrays in state.items():
        setattr(strategy, name, dict(arrays))
