"""Fitting calibrators to counts that hospitals add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flwr.app import ArrayRecord, Message, RecordDict

from server.recording_grid import RecordingGrid
from shared.calibration import (
    CalibrationCounts,
    Calibrator,
    HospitalCounts,
    Method,
    fit,
    leave_one_out,
    maps_to_count,
)
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.questions import (
    CALIBRATE,
    CALIBRATORS_FIELD,
    CONFIG_KEY,
    EVALUATE,
    CalibrationAnswer,
    Calibrators,
    Question,
    array_record,
    question_record,
    read_answer,
)
from shared.run_settings import ModelName

Answers = dict[str, CalibrationAnswer]
Maps = dict[str, dict[ModelName, dict[Method, Calibrator]]]


@dataclass
class Calibration:
    """What fitting gave.

    Attributes
    ----------
    calibrators : dict of str to Calibrator
        Of each model, fitted on all hospitals.
    honest : dict of str to dict of str to Calibrator
        By hospital and model: fitted on the others.
    """

    calibrators: dict[ModelName, Calibrator] = field(default_factory=dict)
    honest: dict[str, dict[ModelName, Calibrator]] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibrating:
    """Asks hospitals for counts of the shared models' probabilities."""

    grid: RecordingGrid
    question: Question
    models: Mapping[ModelName, Arrays]

    def carry_out(self) -> Calibration:
        """Ask for raw counts, then under maps fitted on the other hospitals; fit."""
        settings = self.question.settings.calibration
        raw = self._ask({})
        sent: Maps = {hospital: {} for hospital in raw}
        for name in self.models:
            counts = raw_counts(raw, name)
            for hospital, maps in maps_to_count(counts, settings).items():
                if maps:
                    sent[hospital][name] = maps
        under = self._ask(sent) if any(sent.values()) else {}
        found = Calibration(honest={hospital: {} for hospital in raw})
        for name in self.models:
            answers = {
                hospital: HospitalCounts(counts, under_maps(under, hospital, name))
                for hospital, counts in raw_counts(raw, name).items()
            }
            if not answers:
                continue
            found.calibrators[name] = fit(answers, settings)
            for hospital, calibrator in leave_one_out(answers, settings).items():
                found.honest[hospital][name] = calibrator
        return found

    def _ask(self, sent: Maps) -> Answers:
        self.grid.begin("")
        messages = [self._message(node, sent) for node in self.grid.get_node_ids()]
        answers, unusable = {}, {}
        for reply in self.grid.send_and_receive(messages):
            if reply.has_error():
                continue
            node = reply.metadata.src_node_id
            try:
                answer = read_answer(CalibrationAnswer, reply)
                self._check(answer)
                answers[self.grid.hospital(node)] = answer
            except JuntosError as error:
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        return answers

    def _message(self, node: int, sent: Maps) -> Message:
        config = question_record(self.question)
        maps = sent.get(self.grid.hospital(node))
        if maps:
            config[CALIBRATORS_FIELD] = Calibrators(by_model=maps).model_dump_json()
        records: dict[str, ArrayRecord] = {
            name: array_record(arrays) for name, arrays in self.models.items()
        }
        return Message(RecordDict({CONFIG_KEY: config, **records}), node, CALIBRATE)

    def _check(self, answer: CalibrationAnswer) -> None:
        if self.question.preparation is None:
            raise JuntosError("a question without a preprocessor")
        for methods in answer.counts.values():
            for counts in methods.values():
                counts.check(self.question.preparation.classes)


def raw_counts(answers: Answers, name: ModelName) -> dict[str, CalibrationCounts]:
    """Return each hospital's counts of raw probabilities of one model."""
    return {
        hospital: answer.counts[name]["none"]
        for hospital, answer in answers.items()
        if "none" in answer.counts.get(name, {})
    }


def under_maps(answers: Answers, hospital: str, name: ModelName) -> dict[Method, CalibrationCounts]:
    """Return a hospital's counts under the maps that it was sent."""
    answer = answers.get(hospital)
    return answer.counts.get(name, {}) if answer else {}


def messages_to_judge(
    grid: RecordingGrid,
    question: Question,
    models: Mapping[ModelName, Arrays],
    honest: Mapping[str, Mapping[ModelName, Calibrator]],
) -> list[Message]:
    """Ask each hospital to judge the models as calibrated on the other hospitals."""
    records: dict[str, ArrayRecord] = {
        name: array_record(arrays) for name, arrays in models.items()
    }
    messages = []
    for node in grid.get_node_ids():
        config = question_record(question)
        by_model: dict[ModelName, dict[Method, Calibrator]] = {
            name: {calibrator.method: calibrator}
            for name, calibrator in honest.get(grid.hospital(node), {}).items()
        }
        if by_model:
            config[CALIBRATORS_FIELD] = Calibrators(by_model=by_model).model_dump_json()
        messages.append(Message(RecordDict({CONFIG_KEY: config, **records}), node, EVALUATE))
    return messages
