"""What may be asked of a hospital, and what it answers: everything that crosses the wire.

This module is the one list of what leaves a hospital:

=====================  ===========================================================================
Question               Answer
=====================  ===========================================================================
``query.summarise``    `SummaryAnswer`: counts, sums and fixed-grid histograms of its records
``query.explore``      `ExplorationAnswer`: tables of counts without a cell of few patients, sums of
                       products over groups of enough of them; in a run that explores
``train``              model arrays after local training, the number of rows, the mean loss; with
                       early stopping the loss on validation rows, for SCAFFOLD the steps taken
``evaluate``           `EvaluationAnswer`: counts of predictions on its held-out rows
``query.calibrate``    `CalibrationAnswer`: histograms of the shared models' probabilities, and
                       their losses at fixed temperatures, on its held-out rows
``query.count``        how many training rows lie between the edges of a grid, for each column
``query.grow``         sums of derivatives of the loss over the training rows in each node and bin
``query.refill``       sums of weighted classes over the training rows in each leaf of a forest
``query.prototypes``   sums of the network's encodings of the training rows of each class with few
``query.alone``        `EvaluationAnswer`: the same counts for models trained on its rows only
``query.compare``      the same, and how often the shared model is right where that of its rows only
                       (or the model before) is, on held-out rows and on random draws of them
``query.attack``       `AttackAnswer`: how many rows that the shared models learned from, and how
                       many held-out rows, lie in each bin of the models' certainty, and of its
                       ratio to that of models of the hospital's own; of how many a feature with few
                       values was guessed from the rest
``query.deploy``       `DeploymentAnswer`: what became of a model that was offered, and which one
                       answers there; nothing about any patient
``query.watch``        `WatchAnswer`: counts and histograms of the last answers of the model in
                       service and of the first ones, counts of them against diagnoses that were
                       confirmed since, how often a column was wrong; which model answers, and how
                       the node does
``query.rank``         in a run that learns to rank diseases: `RankedCases`; by disease, sums of its
                       training cases' findings, ages and sexes, without diseases of few patients;
                       sums of the derivatives by which small networks learn; counts of how far up
                       the right disease stands
``query.keys``         the hospital's public key for the secret sums of one run, and whose keys it
                       does not accept; nothing about any patient
``query.sum``          the hospital's part of a sum over its patients, in a run that asks nothing
                       else; with noise that hides each of them in a run with a formal guarantee;
                       under masks where the run says so, and always without noise, so that the
                       coordinator sees the sum of all hospitals
=====================  ===========================================================================

Content is JSON checked by a schema, or plain numeric arrays; nothing is unpickled or executed.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from pydantic import BaseModel, Field, ValidationError

from shared.attacks import AttributeCounts, MembershipCounts
from shared.calibration import CalibrationCounts, Calibrator, Method
from shared.contract import Contract
from shared.errors import JuntosError
from shared.exploration.exploration import Exploration
from shared.metrics import Evaluation
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.run_settings import ModelName, RunSettings
from shared.settings_file import StrictModel
from shared.statistics import Summary

SUMMARISE = "query.summarise"
EXPLORE = "query.explore"
TRAIN = "train"
EVALUATE = "evaluate"
ALONE = "query.alone"
COMPARE = "query.compare"
CALIBRATE = "query.calibrate"
ATTACK = "query.attack"
COUNT_ON_GRID = "query.count"
GROW = "query.grow"
REFILL = "query.refill"
PROTOTYPES = "query.prototypes"
PRIVATE_SUM = "query.sum"
EXCHANGE_KEYS = "query.keys"
DEPLOY = "query.deploy"
WATCH = "query.watch"
RANK = "query.rank"
# A hospital's policy chooses from these.
EVERY_QUESTION = (
    SUMMARISE,
    EXPLORE,
    TRAIN,
    EVALUATE,
    ALONE,
    COMPARE,
    CALIBRATE,
    ATTACK,
    COUNT_ON_GRID,
    GROW,
    REFILL,
    PROTOTYPES,
    PRIVATE_SUM,
    EXCHANGE_KEYS,
    DEPLOY,
    WATCH,
    RANK,
)

CONFIG_KEY = "config"
ARRAYS_KEY = "arrays"
METRICS_KEY = "metrics"
CORRECTION_KEY = "correction"
QUESTION_FIELD = "question"
ANSWER_FIELD = "answer"
LEAF_SUMS = "leaf_sums"
PROTOTYPE_SUMS = "prototype_sums"
PART_OF_SUM = "part_of_sum"
GROWTH_FIELD = "growth"
HEADER_FIELD = "header"
PREVIOUS_FIELD = "previous"
CALIBRATORS_FIELD = "calibrators"
PREVIOUS_KEY = "previous"
# Before the kind of model in the names of paired counts.
ALONE_PREFIX = "alone/"
PREVIOUS_PREFIX = "previous/"

# Flower reserves low numbers; this one says that the hospital refuses, with the reason.
REFUSED = 1000

Schema = TypeVar("Schema", bound=BaseModel)


class Question(StrictModel):
    """What every question carries.

    Attributes
    ----------
    contract_hash : str
        The contract the coordinator speaks of; a hospital with another refuses.
    settings : RunSettings
    preparation : Preparation or None
        From the second question on.
    model : str or None
        Which kind of model a ``train`` question is about.
    """

    contract_hash: str
    settings: RunSettings
    preparation: Preparation | None = None
    model: ModelName | None = None


class SummaryAnswer(StrictModel):
    """A hospital's summary.

    Attributes
    ----------
    data_version : str
        SHA-256 of the records this run sees at the hospital.
    training_rows, held_out_rows, rows_set_aside : int
    summary : Summary
        Of the training rows.
    held_out_by : {"share", "time"}
        Whether the held-out rows were drawn, or are the latest.
    """

    data_version: str
    training_rows: int
    held_out_rows: int
    rows_set_aside: int
    summary: Summary
    held_out_by: Literal["share", "time"] = "share"


class ExplorationAnswer(StrictModel):
    """What a hospital tells of its data in a run that explores.

    Attributes
    ----------
    data_version : str
        SHA-256 of the records this run sees at the hospital.
    """

    data_version: str
    exploration: Exploration


class EvaluationAnswer(StrictModel):
    """Counts of each model's predictions on the hospital's held-out rows."""

    evaluations: dict[ModelName, Evaluation]


class CalibrationAnswer(StrictModel):
    """Counts of each model's probabilities, raw and under each calibrator that was sent."""

    counts: dict[ModelName, dict[Method, CalibrationCounts]]


class AttackAnswer(StrictModel):
    """Counts of each shared model's certainty on rows it learned from and on held-out rows.

    Attributes
    ----------
    membership, likelihood : dict of str to MembershipCounts
        By the loss alone, and by the likelihood ratio against shadow models; the latter is empty
        where a hospital trains none.
    attributes : dict of str to dict of str to AttributeCounts
        By model and feature, how often it was guessed from the rest of a row.
    """

    membership: dict[ModelName, MembershipCounts]
    likelihood: dict[ModelName, MembershipCounts] = Field(default_factory=dict)
    attributes: dict[ModelName, dict[str, AttributeCounts]] = Field(default_factory=dict)


class Calibrators(StrictModel):
    """Calibrators of each model that a hospital is to count under, or to be judged with."""

    by_model: dict[ModelName, dict[Method, Calibrator]]


def array_record(arrays: Arrays) -> ArrayRecord:
    """Write a model for the wire."""
    return ArrayRecord({name: Array(value) for name, value in arrays.items()})


def read_arrays(record: object) -> Arrays:
    """Read a model from the wire.

    Raises
    ------
    JuntosError
        When there is none.
    """
    if not isinstance(record, ArrayRecord):
        raise JuntosError("a message without a model")
    return {name: array.numpy() for name, array in record.items()}


def question_record(question: Question) -> ConfigRecord:
    """Write a question for the wire."""
    return ConfigRecord({QUESTION_FIELD: question.model_dump_json()})


def questions_to(
    nodes: list[int],
    message_type: str,
    question: Question,
    arrays: dict[str, ArrayRecord] | None = None,
) -> list[Message]:
    """Write the same question to several hospitals, with named arrays if it takes any."""
    content = RecordDict({CONFIG_KEY: question_record(question), **(arrays or {})})
    return [Message(content, node, message_type) for node in nodes]


def read_question(contract: Contract, message: Message) -> Question:
    """Read and check a question at a hospital.

    Raises
    ------
    JuntosError
        When it is malformed or speaks of another version of the contract.
    """
    return _question(contract, message.content.config_records[CONFIG_KEY].get(QUESTION_FIELD))


def previous_question(contract: Contract, message: Message) -> Question | None:
    """Read how the model before was trained, where a message brings one."""
    text = message.content.config_records[CONFIG_KEY].get(PREVIOUS_FIELD)
    return None if text is None else _question(contract, text)


def read_calibrators(message: Message) -> dict[ModelName, dict[Method, Calibrator]]:
    """Read the calibrators that a message brings; empty without any.

    Raises
    ------
    JuntosError
        When they are malformed.
    """
    text = message.content.config_records[CONFIG_KEY].get(CALIBRATORS_FIELD)
    return {} if text is None else _read(Calibrators, text).by_model


def _question(contract: Contract, text: object) -> Question:
    question = _read(Question, text)
    if question.contract_hash != contract.hash:
        raise JuntosError(
            f"the run follows contract version {question.contract_hash[:12]}, "
            f"this hospital {contract.hash[:12]}",
            "`juntos node contract accept` takes over the contract of the coordinator.",
        )
    return question


def read_header(schema: type[Schema], message: Message) -> Schema:
    """Read what a question that builds on an earlier one says of itself.

    Raises
    ------
    JuntosError
        When it is malformed.
    """
    return _read(schema, message.content.config_records[CONFIG_KEY].get(HEADER_FIELD))


def answer_record(answer: BaseModel) -> RecordDict:
    """Write an answer for the wire."""
    return RecordDict({CONFIG_KEY: ConfigRecord({ANSWER_FIELD: answer.model_dump_json()})})


def read_answer(schema: type[Schema], message: Message) -> Schema:
    """Read and check a hospital's answer.

    Raises
    ------
    JuntosError
        When it does not follow the schema; the hospital is then left out.
    """
    record = message.content.config_records.get(CONFIG_KEY, ConfigRecord())
    return _read(schema, record.get(ANSWER_FIELD))


def _read(schema: type[Schema], text: object) -> Schema:
    if not isinstance(text, str):
        raise JuntosError(f"a message without a {schema.__name__}")
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise JuntosError(f"a malformed {schema.__name__} (at {place or 'the top'})") from None
