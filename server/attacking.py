"""Attacking the shared models before they are used, with counts that hospitals add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flwr.app import Message, RecordDict

from server.recording_grid import RecordingGrid
from shared.attacks import (
    AttributeCounts,
    AttributeRisk,
    MembershipCounts,
    MembershipRisk,
    membership_risk,
    merge_membership,
)
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.questions import (
    ATTACK,
    CONFIG_KEY,
    AttackAnswer,
    Question,
    SummaryAnswer,
    array_record,
    question_record,
    read_answer,
)
from shared.run_settings import ModelName

# By hospital, then by kind of model.
MembershipByHospital = dict[str, dict[ModelName, MembershipCounts]]


@dataclass
class Attacks:
    """What hospitals counted, by hospital and kind of model.

    Attributes
    ----------
    membership, likelihood : dict of str to dict of str to MembershipCounts
        By the loss, and by the likelihood ratio against shadow models.
    attributes : dict of str to dict of str to dict of str to AttributeCounts
        By hospital, model and feature.
    """

    membership: MembershipByHospital = field(default_factory=dict)
    likelihood: MembershipByHospital = field(default_factory=dict)
    attributes: dict[str, dict[ModelName, dict[str, AttributeCounts]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Attacking:
    """Asks hospitals how sure the shared models are of rows they learned from, and of others.

    Attributes
    ----------
    hospitals : mapping of str to SummaryAnswer
        What each said of its data; no answer may count more rows.
    """

    grid: RecordingGrid
    question: Question
    models: Mapping[ModelName, Arrays]
    hospitals: Mapping[str, SummaryAnswer]

    def carry_out(self) -> Attacks:
        """Ask; hospitals whose answers cannot be used are left out, with the reason."""
        self.grid.begin("")
        messages = [self._message(node) for node in self.grid.get_node_ids()]
        found, unusable = Attacks(), {}
        for reply in self.grid.send_and_receive(messages):
            if reply.has_error():
                continue
            node = reply.metadata.src_node_id
            hospital = self.grid.hospital(node)
            try:
                answer = read_answer(AttackAnswer, reply)
                self._check(answer, self.hospitals[hospital])
                found.membership[hospital] = answer.membership
                found.likelihood[hospital] = answer.likelihood
                found.attributes[hospital] = answer.attributes
            except JuntosError as error:
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        return found

    def _message(self, node: int) -> Message:
        content = RecordDict({CONFIG_KEY: question_record(self.question)})
        for name, arrays in self.models.items():
            content[name] = array_record(arrays)
        return Message(content, node, ATTACK)

    def _check(self, answer: AttackAnswer, summary: SummaryAnswer) -> None:
        if set(answer.membership) != set(self.models):
            raise JuntosError("Membership counts of other models than those asked about.")
        for counts in [*answer.membership.values(), *answer.likelihood.values()]:
            counts.check(summary.training_rows, summary.held_out_rows)
        for features in answer.attributes.values():
            for guessed in features.values():
                if (
                    guessed.members > summary.training_rows
                    or guessed.others > summary.held_out_rows
                ):
                    raise JuntosError("Guesses of more rows than the summary said.")


def guessed_most(attacks: Attacks, name: ModelName) -> tuple[str, AttributeRisk] | None:
    """Return the feature that training rows give away most beyond others, and by how much.

    Of the features whose advantage is beyond chance the one with the largest, else the largest of
    all; None where nothing was guessed.
    """
    parts: dict[str, list[AttributeCounts]] = {}
    for by_model in attacks.attributes.values():
        for feature, counts in by_model.get(name, {}).items():
            parts.setdefault(feature, []).append(counts)
    risks = {feature: AttributeCounts.sum(each).risk() for feature, each in parts.items()}
    known = [(feature, risk) for feature, risk in risks.items() if risk is not None]
    return max(known, key=lambda each: (each[1].low > 0, each[1].advantage), default=None)


def risk_of(answers: MembershipByHospital, name: ModelName) -> MembershipRisk | None:
    """Return how well training rows of one model are told from others; None if nobody counted."""
    return membership_risk(
        merge_membership(each[name] for each in answers.values() if name in each)
    )
