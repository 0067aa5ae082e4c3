"""Asking hospitals the steps of a learning, and adding up what they answer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from flwr.app import Message, RecordDict

from server.answer_checks import AnswerChecks
from server.ranking.merging import checked_sums
from server.recording_grid import RecordingGrid
from server.strategies.replies import answered_arrays
from shared.contract import Contract
from shared.errors import JuntosError, PartialRunError
from shared.models.base import Arrays
from shared.questions import (
    CONFIG_KEY,
    HEADER_FIELD,
    METRICS_KEY,
    RANK,
    Question,
    array_record,
    question_record,
    read_answer,
)
from shared.ranking.disease_sums import DiseaseSums
from shared.ranking_learning.learning import GATES, NETWORKS, RANKED, SCORERS, Step
from shared.ranking_learning.messages import (
    CASES,
    FORGOTTEN,
    KNOWLEDGE,
    SUMS,
    RankedCases,
    digest_of,
    header_of,
)
from shared.run_settings import RunSettings

MODEL = "disease_ranking"
# Far above what any cases add up to.
LARGEST = 1e15


class RankingQuestions:
    """Puts steps to the hospitals of a run.

    Parameters
    ----------
    grid : RecordingGrid
    contract : Contract
    settings : RunSettings
    knowledge : Arrays
        What is published, as `shared.knowledge.compiled` has it.
    """

    def __init__(
        self, grid: RecordingGrid, contract: Contract, settings: RunSettings, knowledge: Arrays
    ) -> None:
        self.grid = grid
        self._question = Question(contract_hash=contract.hash, settings=settings)
        self._kept: dict[str, Arrays] = {KNOWLEDGE: knowledge}
        self._digests = {KNOWLEDGE: digest_of(knowledge)}
        # By node, the digests of what it was sent; those that forget are sent everything.
        self._sent: dict[int, dict[str, str]] = {}
        self._forgets: set[int] = set()

    def cases(
        self, shape: tuple[int, int], folds: int
    ) -> dict[str, tuple[RankedCases, list[DiseaseSums]]]:
        """Ask for the sums of each fold; who answers takes part.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum answer.
        """
        self.grid.begin("")
        found: dict[str, tuple[RankedCases, list[DiseaseSums]]] = {}
        unusable: dict[int, str] = {}
        for node, reply in self._replies(Step(CASES), {}).items():
            try:
                sums = checked_sums(answered_arrays(reply), folds, shape)
                found[self.grid.hospital(node)] = (read_answer(RankedCases, reply), sums)
            except JuntosError as error:
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        if len(found) < self.grid.settings.minimum_hospitals:
            reasons = "; ".join(f"{k}: {v}" for k, v in self.grid.records[-1].left_out.items())
            raise PartialRunError(
                f"{len(found)} hospitals told of their cases; the run needs at least "
                f"{self.grid.settings.minimum_hospitals}. {reasons}",
                "The reasons say what each hospital's administrator can change.",
            )
        self.grid.members = {node for node, name in self.grid.names.items() if name in found}
        return found

    def use_sums(self, sums: Arrays) -> None:
        """Have the sums of all hospitals go along with what is asked from now on."""
        self._kept[SUMS] = sums
        self._digests[SUMS] = digest_of(sums)

    def __call__(self, step: Step, groups: Mapping[str, Arrays]) -> Arrays:
        """Return the sum of all hospitals' answers to a step.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum answer.
        """
        for name, arrays in groups.items():
            if name != NETWORKS and name not in self._kept:
                self._kept[name] = arrays
                self._digests[name] = digest_of(arrays)
        is_step = step.what in (SCORERS, GATES)
        checks = AnswerChecks(check_sums, check_alike)
        name = f"{MODEL} {GATES if step.what == RANKED else step.what}"
        self.grid.begin(name, checks, step.number if is_step else 0)
        along = {NETWORKS: groups[NETWORKS]} if NETWORKS in groups else {}
        replies = list(self._replies(step, along).values())
        if len(replies) < self.grid.settings.minimum_hospitals:
            raise PartialRunError(
                f"{name}: {len(replies)} hospitals gave a usable answer; the run needs at least "
                f"{self.grid.settings.minimum_hospitals}.",
                "`juntos coordinator resume` goes on from the step before.",
            )
        answers = [answered_arrays(reply) for reply in replies]
        return {name: np.sum([each[name] for each in answers], axis=0) for name in answers[0]}

    def _replies(self, step: Step, along: Mapping[str, Arrays]) -> dict[int, Message]:
        """Ask, and ask those again with everything who have lost their place."""
        nodes = list(self.grid.get_node_ids())
        found = self._asked(nodes, step, along)
        lost = {node for node, reply in found.items() if has_forgotten(reply)}
        if lost:
            self._forgets |= lost
            others = dict.fromkeys(set(self.grid.members or ()) - lost, "")
            # The same round, of these alone.
            number = self.grid.number - bool(self.grid.model)
            self.grid.begin(self.grid.model, self.grid.checks, number, 0, others)
            again = self._asked([node for node in nodes if node in lost], step, along)
            found = {**found, **again}
        return {node: reply for node, reply in found.items() if not has_forgotten(reply)}

    def _asked(
        self, nodes: list[int], step: Step, along: Mapping[str, Arrays]
    ) -> dict[int, Message]:
        header = header_of(step, self._digests).model_dump_json()
        records = {name: array_record(each) for name, each in along.items()}
        kept = {name: array_record(each) for name, each in self._kept.items()}
        messages = []
        for node in nodes:
            sent = {} if node in self._forgets else self._sent.setdefault(node, {})
            new = {
                name: kept[name]
                for name, digest in self._digests.items()
                if sent.get(name) != digest
            }
            sent.update(self._digests)
            config = question_record(self._question)
            config[HEADER_FIELD] = header
            content = RecordDict({CONFIG_KEY: config, **records, **new})
            messages.append(Message(content, node, RANK))
        replies = self.grid.send_and_receive(messages)
        return {reply.metadata.src_node_id: reply for reply in replies if not reply.has_error()}


def has_forgotten(reply: Message) -> bool:
    """Return whether a hospital says that it must be told everything."""
    return list(reply.content.metric_records.get(METRICS_KEY, {})) == [FORGOTTEN]


def check_sums(reply: Message) -> None:
    """Refuse what are no sums.

    Raises
    ------
    JuntosError
    """
    if has_forgotten(reply):
        return
    for array in answered_arrays(reply).values():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise JuntosError("sums that are no finite numbers")
        if (np.abs(array) > LARGEST).any():
            raise JuntosError("sums that no cases can have")


def check_alike(replies: Mapping[int, Message]) -> dict[int, str]:
    """Return whose sums have other names or shapes than those of most hospitals."""
    shapes = {
        node: tuple(sorted((name, each.shape) for name, each in answered_arrays(reply).items()))
        for node, reply in replies.items()
        if not has_forgotten(reply)
    }
    counts = [*shapes.values()]
    usual = max(counts, key=counts.count, default=None)
    return {node: "sums of other numbers" for node, each in shapes.items() if each != usual}
