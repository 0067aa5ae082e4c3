"""Asking for a sum, whatever is summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from flwr.app import ArrayRecord, Message, RecordDict

from server.answer_checks import AnswerChecks
from server.recording_grid import RecordingGrid
from server.secret_sum import collect
from server.strategies.replies import answered_arrays
from shared.errors import JuntosError, PartialRunError
from shared.models.base import Arrays
from shared.privacy.fixed_sums import Integers
from shared.privacy.sum_question import SumHeader
from shared.questions import (
    CONFIG_KEY,
    HEADER_FIELD,
    NOISED_SUM,
    PRIVATE_SUM,
    Question,
    array_record,
    question_record,
)
from shared.secret_sum.question import SecretQuestion

# Far above what patients add up to, far below where sums of hospitals overflow.
LARGEST = 2**56


@dataclass(frozen=True)
class Summed:
    """What all hospitals together answered.

    Attributes
    ----------
    values : int64 array
        Noised.
    hospitals : int
        How many are in it.
    """

    values: Integers
    hospitals: int


@dataclass
class PrivateSums:
    """Asks the members of a run for noised sums.

    Attributes
    ----------
    assumed_honest : int
        See `PrivacySettings`.
    secret_run : str
        What hospitals agreed on masks for; empty where they do not mask.
    """

    grid: RecordingGrid
    assumed_honest: int
    secret_run: str = ""

    def ask(
        self,
        question: Question,
        header: SumHeader,
        shape: tuple[int, ...],
        arrays: Mapping[str, Arrays] | None = None,
    ) -> Summed:
        """Ask everyone, and add up what comes back.

        Parameters
        ----------
        shape : tuple of int
            Of the sum.
        arrays : mapping of str to Arrays, optional
            What hospitals need to compute it.

        Raises
        ------
        PartialRunError
            When fewer hospitals answer than the run's settings ask for.
        """
        records = {name: array_record(each) for name, each in (arrays or {}).items()}
        asked = partial(self._answers, question, shape, records)
        nodes = {self.grid.hospital(node): node for node in self.grid.get_node_ids()}
        if self.secret_run:
            return self._secret_sum(question, header, shape, asked, nodes)
        found = asked(header, list(nodes.values()))
        parts = [each for each in found.values() if not isinstance(each, str)]
        self._refuse_too_few(header, len(parts))
        total = np.zeros(shape, dtype=np.int64)
        for part in parts:
            total += part
        return Summed(total, len(parts))

    def _secret_sum(
        self,
        question: Question,
        header: SumHeader,
        shape: tuple[int, ...],
        asked: Callable[[SumHeader, list[int]], Mapping[str, Integers | str]],
        nodes: Mapping[str, int],
    ) -> Summed:
        """Ask for masked parts, again without those that are lost, until a sum is complete."""

        def ask_members(secret: SecretQuestion) -> Mapping[str, Integers | str]:
            masked = header.model_copy(update={"secret": secret})
            return asked(masked, [nodes[name] for name in secret.members])

        first = SecretQuestion(
            run=self.secret_run,
            question=f"{question.model or 'run'}: {header.purpose} {header.step}",
            members=tuple(sorted(nodes)),
        )
        found = collect(ask_members, first, self.grid.minimum, shape)
        if (np.abs(found.total) > LARGEST).any():
            raise PartialRunError(
                f"{header.purpose} {header.step}: a hospital masked its part wrongly, and nobody "
                "can tell which.",
                "Train without secret sums to find it: privacy.secret_sums=false.",
            )
        return Summed(found.total, len(found.question.members))

    def _answers(
        self,
        question: Question,
        shape: tuple[int, ...],
        records: dict[str, ArrayRecord],
        header: SumHeader,
        nodes: list[int],
    ) -> dict[str, Integers | str]:
        """Return each hospital's part of the sum, or why there is none."""
        checks = AnswerChecks(lambda reply: check(reply, shape, masked=header.secret is not None))
        self.grid.begin(question.model or "", checks, header.step - 1)
        messages = [self._message(node, question, header, records) for node in nodes]
        replies = list(self.grid.send_and_receive(messages))
        found: dict[str, Integers | str] = dict(self.grid.records[-1].left_out)
        for reply in replies:
            if not reply.has_error():
                name = self.grid.hospital(reply.metadata.src_node_id)
                found[name] = answered_arrays(reply)[NOISED_SUM]
        return found

    def _refuse_too_few(self, header: SumHeader, answered: int) -> None:
        if answered < self.grid.minimum:
            reasons = "; ".join(f"{k}: {v}" for k, v in self.grid.records[-1].left_out.items())
            raise PartialRunError(
                f"{header.purpose}: {answered} hospitals gave their part of the sum; the run "
                f"needs at least {self.grid.minimum}. {reasons}",
                "The reasons say what each hospital's administrator can change.",
            )

    def deviation(self, header: SumHeader, sensitivity: float, hospitals: int) -> float:
        """Return the standard deviation of the noise in a sum."""
        one = header.noise_multiplier * sensitivity / math.sqrt(self.assumed_honest)
        return one * math.sqrt(hospitals)

    def _message(
        self, node: int, question: Question, header: SumHeader, records: dict[str, ArrayRecord]
    ) -> Message:
        config = question_record(question)
        config[HEADER_FIELD] = header.model_dump_json()
        return Message(RecordDict({CONFIG_KEY: config, **records}), node, PRIVATE_SUM)


def check(reply: Message, shape: tuple[int, ...], *, masked: bool) -> None:
    """Refuse what is no part of such a sum.

    Raises
    ------
    JuntosError
        Naming what does not fit.
    """
    arrays = answered_arrays(reply)
    values = arrays.get(NOISED_SUM)
    if set(arrays) != {NOISED_SUM} or values is None or values.dtype != np.int64:
        raise JuntosError("a part of a sum that is no list of whole numbers")
    if values.shape != shape:
        raise JuntosError("a part of another sum than the one asked for")
    if not masked and (np.abs(values) > LARGEST).any():
        raise JuntosError("a part of a sum that no patients can have")
