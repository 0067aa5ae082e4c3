"""The smallest cell of the policy, in whatever leaves the hospital.

`without_small_cells` is called on every answer, in the one place that all answers pass. A question
that is not listed here is not answered where there is a smallest cell.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flwr.app import Message, MetricRecord, RecordDict

from client.hospital import Hospital
from client.small_cells.calibration import told_calibration, told_guesses, told_membership
from client.small_cells.cells import floored
from client.small_cells.evaluation import told_evaluation
from client.small_cells.summary import told_summary
from client.small_cells.watching import told_watch
from shared.errors import PrivacyRefusedError
from shared.models.figures import VALIDATION_LOSS, VALIDATION_WEIGHT
from shared.questions import (
    ALONE,
    ANSWER_FIELD,
    ARRAYS_KEY,
    ATTACK,
    CALIBRATE,
    COMPARE,
    CONFIG_KEY,
    DEPLOY,
    EVALUATE,
    EXCHANGE_KEYS,
    EXPLORE,
    METRICS_KEY,
    PRIVATE_SUM,
    RANK,
    SUMMARISE,
    TRAIN,
    WATCH,
    AttackAnswer,
    CalibrationAnswer,
    EvaluationAnswer,
    SummaryAnswer,
    answer_record,
    array_record,
    read_arrays,
    read_header,
    read_question,
)
from shared.watch.answer import WatchAnswer

Telling = Callable[[Hospital, Message, RecordDict, int], RecordDict]
# About keys and models; with noise or under masks; in tables that are made without small cells.
ALREADY_SAFE = frozenset({EXCHANGE_KEYS, DEPLOY, PRIVATE_SUM, EXPLORE})


def cell_size(hospital: Hospital) -> int:
    """Return how many rows a cell needs so that it holds as many patients as the policy says.

    Where a patient may have several rows, a cell of as many rows may be about one patient.
    """
    smallest = hospital.gate.policy.smallest_cell
    persons = hospital.local.records.patients
    if smallest == 1 or persons is None or not len(persons):
        return smallest
    return smallest * int(np.bincount(persons).max())


def without_small_cells(hospital: Hospital, question: Message, answer: RecordDict) -> RecordDict:
    """Return an answer without a count of fewer patients than the policy's smallest cell.

    Raises
    ------
    PrivacyRefusedError
        When that cannot be said of it.
    """
    kind = question.metadata.message_type
    if kind in ALREADY_SAFE or hospital.gate.policy.smallest_cell == 1:
        return answer
    telling = TOLD.get(kind)
    if telling is None:
        raise PrivacyRefusedError(
            f"smallest_cell: the answer to {kind!r} may be about fewer patients.",
            "Its administrator may write smallest_cell = 1 in policy.toml.",
        )
    return telling(hospital, question, answer, cell_size(hospital))


def tell_summary(
    hospital: Hospital, question: Message, answer: RecordDict, smallest: int
) -> RecordDict:
    """Tell a summary in multiples of the smallest cell."""
    settings = read_question(hospital.contract, question).settings
    contract, _ = hospital.view(settings)
    told = SummaryAnswer.model_validate_json(_text(answer))
    return answer_record(told_summary(contract, told, smallest))


def tell_step(
    hospital: Hospital, _question: Message, answer: RecordDict, smallest: int
) -> RecordDict:
    """Tell a step of training with a rounded number of rows; a loss on few rows not at all."""
    metrics = dict(answer.metric_records[METRICS_KEY])
    metrics["num-examples"] = floored(int(str(metrics["num-examples"])), smallest)
    seen = hospital.seen
    validated = int(seen.data.validation_mask.sum()) if seen else 0
    if VALIDATION_WEIGHT in metrics and validated < smallest:
        metrics |= {VALIDATION_LOSS: 0.0, VALIDATION_WEIGHT: 0.0}
    answer[METRICS_KEY] = MetricRecord(metrics)
    return answer


def tell_evaluations(
    _hospital: Hospital, _question: Message, answer: RecordDict, smallest: int
) -> RecordDict:
    """Tell counts of predictions in groups; what else there is was made of such counts."""
    exact = EvaluationAnswer.model_validate_json(_text(answer))
    told = {name: told_evaluation(each, smallest) for name, each in exact.evaluations.items()}
    rest = dict(answer.array_records.items())
    return RecordDict({**answer_record(EvaluationAnswer(evaluations=told)), **rest})


def tell_calibration(
    _hospital: Hospital, _question: Message, answer: RecordDict, smallest: int
) -> RecordDict:
    """Tell histograms of probabilities in groups."""
    exact = CalibrationAnswer.model_validate_json(_text(answer))
    told = {
        name: {method: told_calibration(counts, smallest) for method, counts in each.items()}
        for name, each in exact.counts.items()
    }
    return answer_record(CalibrationAnswer(counts=told))


def tell_attacks(
    _hospital: Hospital, _question: Message, answer: RecordDict, smallest: int
) -> RecordDict:
    """Tell histograms of certainty, and guesses, in groups."""
    exact = AttackAnswer.model_validate_json(_text(answer))
    return answer_record(
        AttackAnswer(
            membership={
                name: told_membership(each, smallest) for name, each in exact.membership.items()
            },
            likelihood={
                name: told_membership(each, smallest) for name, each in exact.likelihood.items()
            },
            attributes={
                name: {feature: told_guesses(each, smallest) for feature, each in guesses.items()}
                for name, guesses in exact.attributes.items()
            },
        )
    )


def tell_watch(
    hospital: Hospital, question: Message, answer: RecordDict, _smallest: int
) -> RecordDict:
    """Tell a watch in multiples of the smallest cell; in it each patient counts once."""
    settings = read_question(hospital.contract, question).settings
    contract = settings.task.contract(hospital.contract)
    exact = WatchAnswer.model_validate_json(_text(answer))
    smallest = hospital.gate.policy.smallest_cell
    return answer_record(told_watch(contract, exact, smallest))


def tell_ranking(
    _hospital: Hospital, question: Message, answer: RecordDict, smallest: int
) -> RecordDict:
    """Tell sums by disease, and counts, in multiples of the smallest cell."""
    # Brings what ranks diseases, which other questions do without.
    from client.small_cells import ranking
    from shared.ranking_learning.messages import RankedCases, RankHeader

    if ARRAYS_KEY not in answer:
        return answer
    what = read_header(RankHeader, question).what
    arrays = read_arrays(answer[ARRAYS_KEY])
    if what == "cases":
        told = ranking.told_cases(RankedCases.model_validate_json(_text(answer)), smallest)
        sums = ranking.told_sums(arrays, smallest)
        return RecordDict({**answer_record(told), ARRAYS_KEY: array_record(sums)})
    if what == "count":
        return RecordDict({ARRAYS_KEY: array_record(ranking.told_counts(arrays, smallest))})
    if what == "evaluate":
        return RecordDict({ARRAYS_KEY: array_record(ranking.told_evaluation(arrays, smallest))})
    return answer


def _text(answer: RecordDict) -> str:
    return str(answer.config_records[CONFIG_KEY][ANSWER_FIELD])


TOLD: dict[str, Telling] = {
    SUMMARISE: tell_summary,
    TRAIN: tell_step,
    EVALUATE: tell_evaluations,
    ALONE: tell_evaluations,
    COMPARE: tell_evaluations,
    CALIBRATE: tell_calibration,
    ATTACK: tell_attacks,
    WATCH: tell_watch,
    RANK: tell_ranking,
}
