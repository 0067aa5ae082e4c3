"""Sums over patients that one patient can move only so far: what noise can hide."""

from __future__ import annotations

import math
from collections.abc import Callable

from flwr.app import Message

from client.hospital import Hospital
from client.privacy.noise import Noise
from client.privacy.private_rows import private_rows, rows_to_judge
from client.training.local_models import judge
from client.training.membership import count_certainty
from client.training.model_of_run import model_of
from client.training.private_gradients import clipped_gradients
from shared.errors import JuntosError
from shared.models.additive_trees.grid import grids_of
from shared.models.additive_trees.messages import read_model, read_step
from shared.models.base import Arrays, derive_seed
from shared.models.neural_network import NeuralNetwork
from shared.models.random_forest import leaf_counts
from shared.preparation import Preparation
from shared.privacy.evaluation_vector import evaluation_counts
from shared.privacy.fixed_sums import FixedSum, fixed_sum
from shared.privacy.membership_vector import membership_vector
from shared.privacy.sum_question import Purpose, SumHeader
from shared.privacy.summary_vector import count_summary
from shared.questions import ARRAYS_KEY, Question, read_arrays
from shared.run_settings import ModelName

Summing = Callable[[Hospital, Question, SumHeader, Message, Noise], FixedSum]


def sum_summary(
    hospital: Hospital, question: Question, _header: SumHeader, _message: Message, _noise: Noise
) -> FixedSum:
    """Count what there is."""
    contract, training = private_rows(hospital, question.settings)
    return count_summary(contract, training, question.settings.privacy)


def sum_gradients(
    hospital: Hospital, question: Question, header: SumHeader, message: Message, noise: Noise
) -> FixedSum:
    """Sum clipped gradients of a network over the patients drawn for this step."""
    preparation = prepared(question)
    model = model_of("neural_network", question.settings, preparation)
    if not isinstance(model, NeuralNetwork):
        raise TypeError(model.name)
    arrays = read_arrays(message.content[ARRAYS_KEY])
    model.check_arrays(arrays)
    privacy = question.settings.privacy
    everyone = hospital.private.data(hospital, question.settings, preparation)
    data = everyone.take(noise.chosen(len(everyone), privacy.sampling_rate))
    seed = derive_seed(model.seed, header.step)
    return fixed_sum(clipped_gradients(model, arrays, data, privacy.clip, seed), privacy.clip)


def sum_sides(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message, _noise: Noise
) -> FixedSum:
    """Sum clipped gradients on the sides of a step's cuts."""
    preparation, privacy = prepared(question), question.settings.privacy
    grids = grids_of(preparation.preprocessor, privacy.cuts)
    arrays = read_arrays(message.content[ARRAYS_KEY])
    model, step = read_model(arrays, grids, preparation.classes), read_step(arrays, grids)
    rows = hospital.private.binned(hospital, question.settings, preparation, step.centres)
    return fixed_sum(rows.clipped_sum(model, step, privacy.clip), privacy.clip)


def sum_leaves(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message, _noise: Noise
) -> FixedSum:
    """Count patients by class in each leaf of trees that no data chose.

    A patient is in one leaf of each tree, with shares of classes that sum to at most one.
    """
    preparation, privacy = prepared(question), question.settings.privacy
    model = model_of("random_forest", question.settings, preparation)
    forest: Arrays = read_arrays(message.content[ARRAYS_KEY])
    model.check_arrays(forest)
    data = hospital.private.data(hospital, question.settings, preparation)
    trees = len(forest["tree_sizes"])
    if trees != privacy.trees:
        raise JuntosError("a forest of another number of trees than the run's settings say")
    return fixed_sum(leaf_counts(forest, data), math.sqrt(trees))


def sum_evaluation(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message, _noise: Noise
) -> FixedSum:
    """Count the models' predictions on held-out patients."""
    contract, held_out = rows_to_judge(hospital, question.settings)
    preparation = prepared(question)
    models = models_in(question, message)
    judged = judge(contract, held_out, question.settings, preparation, models)
    evaluations = [judged[name] for name in models]
    return evaluation_counts(contract, evaluations, question.settings.privacy)


def sum_membership(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message, _noise: Noise
) -> FixedSum:
    """Count how sure the models are of patients they learned from, and of held-out ones."""
    contract, members = private_rows(hospital, question.settings)
    _, others = rows_to_judge(hospital, question.settings)
    preparation = prepared(question)
    found = []
    for name, arrays in models_in(question, message).items():
        model = model_of(name, question.settings, preparation)
        model.check_arrays(arrays)
        sides = [
            preparation.training_data(contract, rows, keep_missing=model.keeps_missing)
            for rows in (members, others)
        ]
        found.append(count_certainty(model, arrays, *sides))
    return membership_vector(found)


def sum_for_noised_ranking(
    hospital: Hospital, question: Question, _header: SumHeader, message: Message, _noise: Noise
) -> FixedSum:
    """Sum what one step of a ranking with a formal guarantee asks for."""
    # Brings what ranks diseases, which other sums do without.
    from client.ranking_learning.in_noised_sums import part_of_noised_ranking

    return part_of_noised_ranking(hospital, question, message)


def models_in(question: Question, message: Message) -> dict[ModelName, Arrays]:
    """Return the models that a message brings."""
    return {
        name: read_arrays(message.content[name])
        for name in question.settings.models
        if name in message.content
    }


def prepared(question: Question) -> Preparation:
    """Return the shared preparation that the question must carry."""
    if question.preparation is None:
        raise JuntosError("the question carries no preprocessor")
    return question.preparation


BOUNDED: dict[Purpose, Summing] = {
    "summary": sum_summary,
    "network step": sum_gradients,
    "boosting step": sum_sides,
    "leaves": sum_leaves,
    "evaluation": sum_evaluation,
    "membership": sum_membership,
    "noised ranking": sum_for_noised_ranking,
}
