"""One function per question: how a hospital answers."""

from __future__ import annotations

from flwr.app import Message, MetricRecord, RecordDict

from client.data_quality.keeping_answers import keep_held_out
from client.hospital import Hospital
from client.small_cells import cell_size
from client.training.comparison import Trained, compare
from client.training.local_models import (
    hospital_seed,
    judge,
    probabilities,
    sum_leaves,
    sum_of_encodings,
    train_alone,
    train_one_round,
)
from client.training.membership import membership_counts
from client.training.own_models import own_models
from client.training.strong_attacks import attribute_counts, likelihood_counts
from client.training.tree_growth import LostPlaceError, Told, count_on_grid, grow
from shared.calibration import CalibrationCounts, Calibrator, Method, count
from shared.errors import JuntosError
from shared.holdout import latest_persons
from shared.models.base import Arrays, TrainingRequest
from shared.models.histogram_boosting.growth_messages import (
    FORGOTTEN,
    LOSS,
    SUMS,
    WEIGHT,
    GrowthBody,
    GrowthHeader,
)
from shared.preparation import Preparation
from shared.questions import (
    ALONE_PREFIX,
    ARRAYS_KEY,
    CONFIG_KEY,
    CORRECTION_KEY,
    LEAF_SUMS,
    METRICS_KEY,
    PREVIOUS_KEY,
    PREVIOUS_PREFIX,
    PROTOTYPE_SUMS,
    QUESTION_FIELD,
    AttackAnswer,
    CalibrationAnswer,
    EvaluationAnswer,
    Question,
    SummaryAnswer,
    answer_record,
    array_record,
    previous_question,
    read_arrays,
    read_calibrators,
    read_header,
    read_question,
)
from shared.run_settings import ModelName
from shared.statistics import summarise


def summarise_records(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.summarise``."""
    question = read_question(hospital.contract, message)
    contract, training, held_out = hospital.split(question.settings)
    _, everything = hospital.view(question.settings)
    by_time = latest_persons(everything, question.settings.holdout) is not None
    return answer_record(
        SummaryAnswer(
            data_version=everything.content_hash(),
            training_rows=len(training),
            held_out_rows=len(held_out),
            rows_set_aside=hospital.local.rows_set_aside,
            summary=summarise(contract, training),
            held_out_by="time" if by_time else "share",
        )
    )


def train_model(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``train``."""
    question = read_question(hospital.contract, message)
    if question.model is None:
        raise JuntosError("the question names no model")
    config = message.content.config_records[CONFIG_KEY]
    request = TrainingRequest(
        round_number=int(str(config["server-round"])),
        hospital_seed=hospital_seed(hospital.name),
        options={name: value for name, value in config.items() if isinstance(value, float)},
        correction=correction_of(message),
    )
    step, rows = train_one_round(
        hospital,
        question.settings,
        preparation_of(question),
        question.model,
        read_arrays(message.content[ARRAYS_KEY]),
        request,
    )
    metrics = MetricRecord({"num-examples": rows, "loss": step.loss, **step.figures})
    return RecordDict({ARRAYS_KEY: array_record(step.arrays), METRICS_KEY: metrics})


def correction_of(message: Message) -> Arrays | None:
    """Return what the strategy has this hospital add to every gradient, if anything."""
    if CORRECTION_KEY not in message.content:
        return None
    return read_arrays(message.content[CORRECTION_KEY])


def evaluate_models(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``evaluate``."""
    question = read_question(hospital.contract, message)
    contract, _, held_out = hospital.split(question.settings)
    preparation = preparation_of(question)
    models = own_models(hospital, question.settings, preparation, models_in(question, message))
    keep_held_out(hospital, question.settings, preparation, models)
    sent = read_calibrators(message)
    evaluations = judge(
        contract,
        held_out,
        question.settings,
        preparation,
        models,
        {name: next(iter(each.values())) for name, each in sent.items() if each},
    )
    return answer_record(EvaluationAnswer(evaluations=evaluations))


def count_for_calibration(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.calibrate``."""
    question = read_question(hospital.contract, message)
    contract, _, held_out = hospital.split(question.settings)
    candidates = contract.membership(list(held_out.labels))
    preparation, sent = preparation_of(question), read_calibrators(message)
    counts: dict[ModelName, dict[Method, CalibrationCounts]] = {}
    shared = models_in(question, message)
    for name, arrays in own_models(hospital, question.settings, preparation, shared).items():
        found = probabilities(held_out, question.settings, preparation, name, arrays)
        maps = sent.get(name, {"none": Calibrator.identity(preparation.classes)})
        counts[name] = {
            method: count(calibrator.apply(found), candidates)
            for method, calibrator in maps.items()
        }
    return answer_record(CalibrationAnswer(counts=counts))


def evaluate_alone(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.alone``."""
    settings = read_question(hospital.contract, message).settings
    contract, training, held_out = hospital.split(settings)
    preparation, models = train_alone(hospital.name, contract, training, settings)
    evaluations = judge(contract, held_out, settings, preparation, models)
    return answer_record(EvaluationAnswer(evaluations=evaluations))


def compare_models(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.compare``."""
    question = read_question(hospital.contract, message)
    contract, training, held_out = hospital.split(question.settings)
    preparation, models = train_alone(hospital.name, contract, training, question.settings)
    together = preparation_of(question)
    own = own_models(hospital, question.settings, together, models_in(question, message))
    shared = Trained(question.settings, together, own)
    others = {ALONE_PREFIX: Trained(question.settings, preparation, models)}
    previous = previous_question(hospital.contract, message)
    if previous is not None and previous.model is not None:
        before = {previous.model: read_arrays(message.content[PREVIOUS_KEY])}
        others[PREVIOUS_PREFIX] = Trained(previous.settings, preparation_of(previous), before)
    seed = hospital.noise.seed(question.settings.seed)
    pairs = {
        f"{prefix}{kind}": counts
        for prefix, other in others.items()
        for kind, counts in compare(
            seed, contract, held_out, shared, other, cell_size(hospital)
        ).items()
    }
    evaluations = judge(contract, held_out, question.settings, preparation, models)
    answer = answer_record(EvaluationAnswer(evaluations=evaluations))
    answer[ARRAYS_KEY] = array_record(pairs)
    return answer


def attack_models(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.attack``."""
    question = read_question(hospital.contract, message)
    attacked = (hospital, question.settings, preparation_of(question), models_in(question, message))
    return answer_record(
        AttackAnswer(
            membership=membership_counts(*attacked),
            likelihood=likelihood_counts(*attacked),
            attributes=attribute_counts(*attacked),
        )
    )


def models_in(question: Question, message: Message) -> dict[ModelName, Arrays]:
    """Return the models that a message brings."""
    return {
        name: read_arrays(message.content[name])
        for name in question.settings.models
        if name in message.content
    }


def count_rows_on_grid(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.count``."""
    question = read_question(hospital.contract, message)
    grid = read_arrays(message.content[ARRAYS_KEY])
    counted = count_on_grid(hospital, Told(question.settings, preparation_of(question)), grid)
    return RecordDict({ARRAYS_KEY: array_record(counted)})


def grow_trees(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.grow``; only a hospital that begins is told the run's question."""
    told = None
    if QUESTION_FIELD in message.content.config_records[CONFIG_KEY]:
        question = read_question(hospital.contract, message)
        told = Told(question.settings, preparation_of(question))
    header = read_header(GrowthHeader, message)
    body = GrowthBody.from_arrays(read_arrays(message.content[ARRAYS_KEY]))
    try:
        found = grow(hospital, hospital.growth, header, body, told)
    except LostPlaceError:
        hospital.gate.tell_nothing("the place in trees that it has lost")
        return RecordDict({METRICS_KEY: MetricRecord({FORGOTTEN: 1})})
    metrics = MetricRecord({LOSS: found.loss, WEIGHT: found.weight})
    return RecordDict({ARRAYS_KEY: array_record({SUMS: found.sums}), METRICS_KEY: metrics})


def refill_leaves(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.refill``."""
    question = read_question(hospital.contract, message)
    forest = read_arrays(message.content[ARRAYS_KEY])
    sums = sum_leaves(hospital, question.settings, preparation_of(question), forest)
    return RecordDict({ARRAYS_KEY: array_record({LEAF_SUMS: sums})})


def sum_encodings(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.prototypes``."""
    question = read_question(hospital.contract, message)
    arrays = read_arrays(message.content[ARRAYS_KEY])
    sums = sum_of_encodings(hospital, question.settings, preparation_of(question), arrays)
    return RecordDict({ARRAYS_KEY: array_record({PROTOTYPE_SUMS: sums})})


def preparation_of(question: Question) -> Preparation:
    """Return the shared preparation that the question must carry."""
    if question.preparation is None:
        raise JuntosError("the question carries no preprocessor")
    return question.preparation
