"""Asking for a sum, whatever is summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
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
    PART_OF_SUM,
    PRIVATE_SUM,
    Question,
    array_record,
    question_record,
)
from shared.secret_sum.question import SecretQuestion

# Far above what patients add up to, far below where sums of hospitals overflow.
LARGEST = 2**56
LOST = "was lost in an earlier attempt"


@dataclass(frozen=True)
class Summed:
    """What all hospitals together answered.

    Attributes
    ----------
    values : int64 array
        Noised.
    members : tuple of str
        Whose patients are in it.
    """

    values: Integers
    members: tuple[str, ...]

    @property
    def hospitals(self) -> int:
        """How many hospitals are in it."""
        return len(self.members)


@dataclass(frozen=True)
class Asked:
    """A sum to ask for.

    Attributes
    ----------
    header : SumHeader
    shape : tuple of int
        Of the sum.
    message : callable
        Writes the question for a node, given how its answer is masked.
    model : str
        Which kind of model it is for; empty for all.
    number : int
        Of the round it belongs to, from 0.
    """

    header: SumHeader
    shape: tuple[int, ...]
    message: Callable[[int, SumHeader], Message]
    model: str
    number: int


@dataclass
class FederationSums:
    """Asks the members of a run for parts of sums.

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
        return self.collect(
            Asked(
                header,
                shape,
                partial(message_to, question, records),
                question.model or "",
                header.step - 1,
            )
        )

    def collect(self, asked: Asked, nodes: Collection[int] | None = None) -> Summed:
        """Ask, and add up what comes back.

        Parameters
        ----------
        nodes : collection of int, optional
            Who is asked; all members without it.
        """
        wanted = self.grid.get_node_ids() if nodes is None else nodes
        by_name = {self.grid.hospital(node): node for node in wanted}
        if self.secret_run:
            return self._secret_sum(asked, by_name)
        found = self._answers(asked, asked.header, list(by_name.values()))
        parts = {name: each for name, each in found.items() if not isinstance(each, str)}
        self._refuse_too_few(asked.header, len(parts))
        total = np.zeros(asked.shape, dtype=np.int64)
        for part in parts.values():
            total += part
        return Summed(total, tuple(sorted(parts)))

    def _secret_sum(self, asked: Asked, nodes: Mapping[str, int]) -> Summed:
        """Ask for masked parts, again without those that are lost, until a sum is complete."""
        header = asked.header

        def ask_members(secret: SecretQuestion) -> Mapping[str, Integers | str]:
            masked = header.model_copy(update={"secret": secret})
            return self._answers(asked, masked, [nodes[name] for name in secret.members])

        name = f"{header.purpose} {header.step}"
        first = SecretQuestion(
            run=self.secret_run,
            question=f"{asked.model or 'run'}: {name}",
            members=tuple(sorted(nodes)),
        )
        found = collect(ask_members, first, self.grid.minimum, asked.shape)
        if (np.abs(found.total) > LARGEST).any():
            raise PartialRunError(
                f"{name}: a hospital masked its part wrongly, and nobody can tell which.",
                "Train without secret sums to find it: privacy.secret_sums=false with a guarantee, "
                'privacy.guarantee="none" without one.',
            )
        return Summed(found.total, found.question.members)

    def _answers(
        self, asked: Asked, header: SumHeader, nodes: list[int]
    ) -> dict[str, Integers | str]:
        """Return each hospital's part of the sum, or why there is none."""
        masked = header.secret is not None
        checks = AnswerChecks(lambda reply: check(reply, asked.shape, masked=masked))
        absent = (self.grid.members or set()) - set(nodes)
        self.grid.begin(asked.model, checks, asked.number, excused=dict.fromkeys(absent, LOST))
        replies = list(self.grid.send_and_receive([asked.message(node, header) for node in nodes]))
        found: dict[str, Integers | str] = dict(self.grid.records[-1].left_out)
        for reply in replies:
            if not reply.has_error():
                name = self.grid.hospital(reply.metadata.src_node_id)
                found[name] = answered_arrays(reply)[PART_OF_SUM]
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


def message_to(
    question: Question, records: Mapping[str, ArrayRecord], node: int, header: SumHeader
) -> Message:
    """Write a question for one node."""
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
    values = arrays.get(PART_OF_SUM)
    if set(arrays) != {PART_OF_SUM} or values is None or values.dtype != np.int64:
        raise JuntosError("a part of a sum that is no list of whole numbers")
    if values.shape != shape:
        raise JuntosError("a part of another sum than the one asked for")
    if not masked and (np.abs(values) > LARGEST).any():
        raise JuntosError("a part of a sum that no patients can have")
