"""Sums that one patient can move anyhow: told in secret sums only, by runs that promise nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flwr.app import Message
from scipy.stats import binomtest

from client.hospital import Hospital
from client.sums.bounded import models_in, prepared
from client.training.comparison import Trained, compare
from client.training.local_models import hospital_seed, train_alone, train_one_round
from client.training.tree_growth import Told, count_on_grid, grow
from shared.contract import Contract
from shared.errors import JuntosError
from shared.models.base import TrainingRequest
from shared.models.histogram_boosting.cut_search import ROWS_IN_BINS, ROWS_MISSING
from shared.models.histogram_boosting.growth_messages import GrowthBody, GrowthHeader
from shared.models.neural_network import PROXIMAL
from shared.privacy.fixed_sums import LARGEST_PART, Integers, fixed_sum
from shared.privacy.sum_question import Purpose, SumHeader
from shared.questions import ARRAYS_KEY, CONFIG_KEY, GROWTH_FIELD, Question, read_arrays
from shared.records import Records
from shared.run_settings import ModelName

# Of the test whether a hospital's own model is better.
SIGNIFICANCE = 0.05

Adding = Callable[[Hospital, Question, SumHeader, Message], Integers]


def count_rows(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message
) -> Integers:
    """Count training rows on a grid of every column: in its bins, then those that lack a value."""
    grid = read_arrays(message.content[ARRAYS_KEY])
    counted = count_on_grid(hospital, Told(question.settings, prepared(question)), grid)
    return np.concatenate([counted[ROWS_IN_BINS], counted[ROWS_MISSING]]).astype(np.int64)


def sum_derivatives(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message
) -> Integers:
    """Sum derivatives of the loss in each node and bin; the loss and its weight come last.

    Raises
    ------
    LostPlaceError
        When the question builds on another that this process did not see.
    """
    text = str(message.content.config_records[CONFIG_KEY][GROWTH_FIELD])
    growth = GrowthHeader.model_validate_json(text)
    body = GrowthBody.from_arrays(read_arrays(message.content[ARRAYS_KEY]))
    begins = Told(question.settings, prepared(question)) if growth.before is None else None
    found = grow(hospital, hospital.growth, growth, body, begins)
    return np.append(found.sums.ravel(), [found.loss, found.weight]).astype(np.int64)


def sum_update(
    hospital: Hospital, question: Question, header: SumHeader, message: Message
) -> Integers:
    """Train, and weigh what that changed by the rows; the rows and their loss come last.

    Nobody sees a single update, so it is this hospital that refuses to send an absurd one.
    """
    if question.model != "neural_network":
        raise JuntosError("updates are summed of networks only")
    shared = read_arrays(message.content[ARRAYS_KEY])
    network = question.settings.neural_network
    options = {PROXIMAL: network.proximal_mu} if network.strategy == "FedProx" else {}
    request = TrainingRequest(header.step, hospital_seed(hospital.name), options)
    step, rows = train_one_round(
        hospital, question.settings, prepared(question), question.model, shared, request
    )
    changed = [(step.arrays[name] - each).ravel() for name, each in shared.items()]
    update = np.concatenate(changed).astype(np.float64)
    refuse_absurd_update(update, question.settings.privacy.largest_update)
    return fixed_sum(rows * np.append(update, [1.0, step.loss]), 0.0).values


def sum_pairs(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message
) -> Integers:
    """Count how the shared models do beside the hospital's own, on draws of its held-out rows.

    At the end, for each model, 1 if the hospital's own is better beyond chance: which hospitals
    these are, nobody is told.
    """
    settings, preparation = question.settings, prepared(question)
    contract, training, held_out = hospital.split(settings)
    own_preparation, own = train_alone(hospital.name, contract, training, settings)
    models = models_in(question, message)
    shared = Trained(settings, preparation, models)
    alone = Trained(settings, own_preparation, own)
    seed = hospital.noise.seed(settings.seed)
    pairs = compare(seed, contract, held_out, shared, alone)
    verdicts = [is_harmed(contract, held_out, shared, alone, name) for name in models]
    return np.concatenate([*(pairs[name].ravel() for name in models), np.array(verdicts)]).astype(
        np.int64
    )


def sum_for_ranking(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message
) -> Integers:
    """Sum what one step of a learning of rankings asks for."""
    # Brings what ranks diseases, which other sums do without.
    from client.ranking_learning.in_sums import part_of_ranking

    return part_of_ranking(hospital, question, message)


def is_harmed(
    contract: Contract, held_out: Records, shared: Trained, alone: Trained, name: ModelName
) -> bool:
    """Return whether the hospital's own model is better (exact one-sided McNemar test, 5%)."""
    ours = alone.is_right(name, contract, held_out)
    theirs = shared.is_right(name, contract, held_out)
    better, worse = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    if not better:
        return False
    return bool(binomtest(better, better + worse, alternative="greater").pvalue < SIGNIFICANCE)


def refuse_absurd_update(update: np.ndarray, largest: float) -> None:
    """Keep back what would destroy the shared model.

    Raises
    ------
    JuntosError
        When an update is not finite or longer than the run allows.
    """
    length = float(np.linalg.norm(update))
    if not np.isfinite(length) or length > largest:
        raise JuntosError(
            f"training changed the model by {length:.3g}, more than privacy.largest_update "
            f"({largest:g})"
        )


def refuse_overflow(values: Integers) -> Integers:
    """Return a part of a sum that stays whole when all are added.

    Raises
    ------
    JuntosError
        When it would not.
    """
    if (np.abs(values) > LARGEST_PART).any():
        raise JuntosError("a part of a sum that would overflow")
    return values


EXACT: dict[Purpose, Adding] = {
    "grid counts": count_rows,
    "tree growth": sum_derivatives,
    "network update": sum_update,
    "paired comparison": sum_pairs,
    "ranking": sum_for_ranking,
}
