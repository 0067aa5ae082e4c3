"""How a hospital answers in a run with a formal guarantee: its part of one sum, with noise.

Everything that such a run learns from patients passes `add_to_sum`: what is summed, how far one
patient can move it, the entry in the ledger, and the noise, in this order.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from flwr.app import Message, RecordDict

from client.hospital import Hospital
from client.privacy.noise import Noise
from client.privacy.private_rows import private_rows, rows_to_judge
from client.training.local_models import judge
from client.training.model_of_run import model_of
from client.training.private_gradients import clipped_gradients
from shared.errors import JuntosError, PrivacyRefusedError
from shared.models.additive_trees.grid import grids_of
from shared.models.additive_trees.messages import read_model, read_step
from shared.models.base import Arrays, derive_seed
from shared.models.neural_network import NeuralNetwork
from shared.models.random_forest import leaf_counts
from shared.preparation import Preparation
from shared.privacy.evaluation_vector import evaluation_counts
from shared.privacy.fixed_sums import LARGEST_PART, FixedSum, Integers, fixed_sum
from shared.privacy.release import Release
from shared.privacy.settings import PrivacySettings
from shared.privacy.sum_question import Purpose, SumHeader
from shared.privacy.summary_vector import count_summary
from shared.questions import (
    ARRAYS_KEY,
    NOISED_SUM,
    PRIVATE_SUM,
    Question,
    array_record,
    read_arrays,
    read_header,
    read_question,
)

Summing = Callable[[Hospital, Question, SumHeader, Message, Noise], FixedSum]


def add_to_sum(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.sum``.

    Raises
    ------
    PrivacyRefusedError
        When the hospital's budget does not allow it.
    """
    question = read_question(hospital.contract, message)
    header = read_header(SumHeader, message)
    privacy = question.settings.privacy
    if not privacy.is_private:
        raise JuntosError("a sum with noise in a run that promises nothing")
    refuse_counting_on_others(hospital, privacy, header)
    if header.secret is None:
        values = noised(hospital, question, header, message)
        return RecordDict({ARRAYS_KEY: array_record({NOISED_SUM: values})})
    if hospital.secret_sums is None:
        raise JuntosError(f"{hospital.name} has no key for secret sums")
    drawn: list[Integers] = []

    def draw() -> Integers:
        drawn.append(noised(hospital, question, header, message))
        return drawn[0]

    sums = hospital.secret_sums.of(header.secret.run)
    values = sums.answer(header.secret, draw, noise_is_whole=privacy.assumed_honest == 1)
    if not drawn:
        hospital.gate.tell_nothing(f"{header.purpose} {header.step} again, under other masks")
    return RecordDict({ARRAYS_KEY: array_record({NOISED_SUM: values})})


def refuse_counting_on_others(
    hospital: Hospital, privacy: PrivacySettings, header: SumHeader
) -> None:
    """Refuse to add a share of the noise only, where the rest would not be there.

    Raises
    ------
    PrivacyRefusedError
        When the policy counts on fewer hospitals than the run, or the sum is not secret or has
        fewer members.
    """
    wanted, allowed = privacy.assumed_honest, hospital.gate.policy.assumed_honest
    if wanted > allowed:
        raise PrivacyRefusedError(
            f"assumed_honest: the run counts on the noise of {wanted} hospitals together, "
            f"{hospital.name} on that of {allowed}",
            "Set assumed_honest in policy.toml, or privacy.assumed_honest of the run.",
        )
    members = len(header.secret.members) if header.secret else 1
    if wanted > members:
        raise PrivacyRefusedError(
            f"assumed_honest: the run counts on the noise of {wanted} hospitals, and {members} "
            "add up"
        )


def noised(hospital: Hospital, question: Question, header: SumHeader, message: Message) -> Integers:
    """Return the hospital's part of the sum, with noise, once the ledger holds what it tells."""
    privacy = question.settings.privacy
    purpose = list(SUMMED).index(header.purpose)
    noise = hospital.noise.of(question.settings.seed, purpose, header.step)
    found = SUMMED[header.purpose](hospital, question, header, message, noise)
    sampled = header.purpose == "network step"
    hospital.gate.spend(
        Release(
            run=str(message.metadata.run_id),
            question=PRIVATE_SUM,
            purpose=f"{header.purpose} {header.step}" if header.step > 1 else header.purpose,
            mechanism="discrete_gaussian",
            sensitivity=found.sensitivity,
            noise_multiplier=header.noise_multiplier,
            sampling_rate=privacy.sampling_rate if sampled else 1.0,
            assumed_honest=privacy.assumed_honest,
        )
    )
    scale = found.sensitivity * header.noise_multiplier / math.sqrt(privacy.assumed_honest)
    values = noise.added(found.values, scale)
    if (abs(values) > LARGEST_PART).any():
        raise JuntosError("a part of a sum that would overflow; lower the clip or the noise")
    return values


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
    models = {
        name: read_arrays(message.content[name])
        for name in question.settings.models
        if name in message.content
    }
    judged = judge(contract, held_out, question.settings, preparation, models)
    return evaluation_counts(contract, [judged[name] for name in models])


def prepared(question: Question) -> Preparation:
    """Return the shared preparation that the question must carry."""
    if question.preparation is None:
        raise JuntosError("the question carries no preprocessor")
    return question.preparation


SUMMED: dict[Purpose, Summing] = {
    "summary": sum_summary,
    "network step": sum_gradients,
    "boosting step": sum_sides,
    "leaves": sum_leaves,
    "evaluation": sum_evaluation,
}
