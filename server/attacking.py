"""Attacking the shared models before they are used, with counts that hospitals add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flwr.app import Message, RecordDict

from server.recording_grid import RecordingGrid
from shared.attacks import MembershipCounts, MembershipRisk, membership_risk, merge_membership
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

    def carry_out(self) -> MembershipByHospital:
        """Ask; hospitals whose answers cannot be used are left out, with the reason."""
        self.grid.begin("")
        messages = [self._message(node) for node in self.grid.get_node_ids()]
        found, unusable = {}, {}
        for reply in self.grid.send_and_receive(messages):
            if reply.has_error():
                continue
            node = reply.metadata.src_node_id
            hospital = self.grid.hospital(node)
            try:
                answer = read_answer(AttackAnswer, reply)
                self._check(answer, self.hospitals[hospital])
                found[hospital] = answer.membership
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
        for counts in answer.membership.values():
            counts.check(summary.training_rows, summary.held_out_rows)


def risk_of(answers: MembershipByHospital, name: ModelName) -> MembershipRisk | None:
    """Return how well training rows of one model are told from others; None if nobody counted."""
    return membership_risk(
        merge_membership(each[name] for each in answers.values() if name in each)
    )
