"""The rounds of one kind of model, with a checkpoint after each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from flwr.app import ConfigRecord, Message
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from server.checkpoint import Progress
from server.strategies.replies import answered_figures
from shared.models.base import Arrays
from shared.models.early_stopping import EarlyStopping
from shared.models.figures import VALIDATION_LOSS, VALIDATION_WEIGHT
from shared.questions import array_record, read_arrays
from shared.run_settings import ModelSettings

STOPPING = "early_stopping"


Settled = Callable[[int, Arrays, Arrays], Arrays]


def as_aggregated(number: int, before: Arrays, after: Arrays) -> Arrays:  # noqa: ARG001
    """Return what aggregation gave."""
    return after


def train_rounds(
    strategy: Strategy,
    grid: Grid,
    begin: Progress,
    settings: ModelSettings,
    config: ConfigRecord,
    done: Callable[[Progress], None],
    *,
    until: int | None = None,
    settled: Settled = as_aggregated,
) -> Progress:
    """Carry out the rounds that are still to do, as Flower's `Strategy.start` does.

    Flower's own loop always begins at round 1; this one goes on where a killed run was.

    Parameters
    ----------
    begin : Progress
        Before the first round, or where the run was.
    done : callable
        Called after each round.
    until : int, optional
        Last round; the settings' without it.
    settled : callable
        Given a round, the model before and what aggregation made of it: the model after it.
    """
    rounds, carried = until or settings.rounds, dict(begin.strategy)
    stopping = EarlyStopping(getattr(settings, "early_stopping_rounds", 0))
    stopping.restore(carried.pop(STOPPING, {}))
    restore(strategy, carried)
    progress = begin
    for number in range(begin.number + 1, rounds + 1):
        shared = array_record(progress.arrays)
        replies = list(
            grid.send_and_receive(strategy.configure_train(number, shared, config, grid))
        )
        loss = validation_loss(replies)
        if loss is not None and stopping.judged(progress.arrays, loss):
            break
        merged, _ = strategy.aggregate_train(number, replies)
        progress = Progress(
            number=number,
            arrays=progress.arrays
            if merged is None
            else settled(number, progress.arrays, read_arrays(merged)),
            trained=progress.trained or merged is not None,
            strategy={**state_of(strategy), STOPPING: stopping.state()},
        )
        done(progress)
    if stopping.best and progress.number:
        progress = Progress(number=rounds, arrays=stopping.best, trained=progress.trained)
        done(progress)
    return progress


def validation_loss(replies: Iterable[Message]) -> float | None:
    """Return the federated loss of the model that was sent, if hospitals say theirs."""
    figures = [answered_figures(reply) for reply in replies if not reply.has_error()]
    weight = sum(each.get(VALIDATION_WEIGHT, 0.0) for each in figures)
    if not weight:
        return None
    return sum(each.get(VALIDATION_LOSS, 0.0) for each in figures) / weight


def state_of(strategy: Strategy) -> dict[str, Arrays]:
    """Return what a strategy carries from round to round: its attributes that hold arrays."""
    found = {}
    public = {name: each for name, each in vars(strategy).items() if not name.startswith("_")}
    for name, value in public.items():
        # Flower's FedAvgM carries a list.
        arrays = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(arrays, dict) and arrays and all_arrays(arrays.values()):
            found[name] = {str(key): each for key, each in arrays.items()}
    return found


def all_arrays(values: Iterable[object]) -> bool:
    """Return whether there are arrays only."""
    return all(isinstance(each, np.ndarray) for each in values)


def restore(strategy: Strategy, state: dict[str, Arrays]) -> None:
    """Give a new strategy what an earlier one carried."""
    for name, arrays in state.items():
        positions = [str(index) for index in range(len(arrays))]
        was_list = set(arrays) == set(positions)
        setattr(strategy, name, [arrays[each] for each in positions] if was_list else dict(arrays))
