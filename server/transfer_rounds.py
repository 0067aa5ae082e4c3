"""The rounds of a network: for common classes, then, from prototypes on, for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from flwr.serverapp.strategy import Strategy

from server.answer_checks import AnswerChecks
from server.checkpoint import Progress
from server.recording_grid import RecordingGrid
from server.strategies.replies import answered_arrays
from server.training_rounds import train_rounds
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.neural_network import NeuralNetwork
from shared.models.transfer import Transfer
from shared.questions import (
    ARRAYS_KEY,
    PROTOTYPE_SUMS,
    PROTOTYPES,
    Question,
    array_record,
    question_record,
    questions_to,
)


@dataclass(frozen=True)
class TransferRounds:
    """Trains one network.

    Attributes
    ----------
    begin_rounds : callable
        Called with what is there before training rounds begin, again.
    done : callable
        Called after each round.
    """

    grid: RecordingGrid
    model: NeuralNetwork
    transfer: Transfer
    question: Question
    begin_rounds: Callable[[Progress], None]
    done: Callable[[Progress], None]

    def train(self, strategy: Strategy, begin: Progress) -> Progress:
        """Carry out the rounds that are still to do."""
        progress, first = begin, self.transfer.settings.pretraining_rounds
        if progress.number < first:
            progress = self._rounds(strategy, progress, first)
        if progress.number == first and len(self.transfer.prototyped):
            progress = replace(progress, arrays=self._with_prototypes(progress.arrays))
        return self._rounds(strategy, progress, self.model.settings.rounds)

    def _rounds(self, strategy: Strategy, begin: Progress, until: int) -> Progress:
        self.begin_rounds(begin)
        return train_rounds(
            strategy,
            self.grid,
            begin,
            self.model.settings,
            question_record(self.question),
            self.done,
            until=until,
            settled=self.transfer.settled,
        )

    def _with_prototypes(self, arrays: Arrays) -> Arrays:
        self.grid.begin("", AnswerChecks(lambda reply: self._check(answered_arrays(reply))))
        nodes = list(self.grid.get_node_ids())
        asked = questions_to(nodes, PROTOTYPES, self.question, {ARRAYS_KEY: array_record(arrays)})
        replies = [each for each in self.grid.send_and_receive(asked) if not each.has_error()]
        sums = [answered_arrays(reply)[PROTOTYPE_SUMS] for reply in replies]
        return self.transfer.with_prototypes(arrays, np.sum(sums, axis=0)) if sums else arrays

    def _check(self, arrays: Arrays) -> None:
        if set(arrays) != {PROTOTYPE_SUMS}:
            raise JuntosError("an answer without sums of encodings")
        self.transfer.check_sums(arrays[PROTOTYPE_SUMS])
