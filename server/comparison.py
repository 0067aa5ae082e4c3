"""Asking how the shared models do beside others, row for row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from flwr.app import ArrayRecord, Message, RecordDict

from server.strategies.replies import answered_arrays
from shared.calibration import Calibrator
from shared.metrics.paired_counts import Counts, check_pairs, compared_classes
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.questions import (
    ALONE_PREFIX,
    COMPARE,
    CONFIG_KEY,
    PREVIOUS_FIELD,
    PREVIOUS_KEY,
    PREVIOUS_PREFIX,
    Question,
    array_record,
    question_record,
)
from shared.run_settings import ModelName, RunSettings

# By hospital, then by ``alone/KIND`` or ``previous/KIND``.
PairsByHospital = dict[str, dict[str, Counts]]


@dataclass(frozen=True)
class Previous:
    """The model that is in use.

    Attributes
    ----------
    question : Question
        Of the run that trained it.
    arrays : Arrays
    calibrator : Calibrator or None
    """

    question: Question
    arrays: Arrays
    calibrator: Calibrator | None = None


@dataclass(frozen=True)
class Comparison:
    """The shared models, and what they are compared with."""

    preparation: Preparation
    models: Mapping[ModelName, Arrays]
    previous: Previous | None = None

    def questions(self, nodes: list[int], question: Question) -> list[Message]:
        """Write the question for each hospital."""
        config = question_record(question)
        records: dict[str, ArrayRecord] = {
            name: array_record(arrays) for name, arrays in self.models.items()
        }
        content = RecordDict({CONFIG_KEY: config, **records})
        if self.previous is not None:
            config[PREVIOUS_FIELD] = self.previous.question.model_dump_json()
            content[PREVIOUS_KEY] = array_record(self.previous.arrays)
        return [Message(content, node, COMPARE) for node in nodes]

    def read(self, settings: RunSettings, reply: Message) -> dict[str, Counts]:
        """Read and check one hospital's counts.

        Raises
        ------
        JuntosError
            When they are not what was asked for.
        """
        classes = len(compared_classes(np.array(self.preparation.class_frequencies)))
        arrays = answered_arrays(reply)
        return {
            name: check_pairs(arrays[name], settings.review.replicates, classes)
            for name in self._expected() & set(arrays)
        }

    def _expected(self) -> set[str]:
        return {
            f"{prefix}{name}" for prefix in (ALONE_PREFIX, PREVIOUS_PREFIX) for name in self.models
        }
