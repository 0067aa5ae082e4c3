"""An honest account of every round: who was asked, who answered, who was left out and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from flwr.app import Error, Message, MetricRecord, RecordDict
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid
from flwr.supercore.run import Run

from shared.errors import JuntosError, PartialRunError
from shared.questions import REFUSED
from shared.run_settings import RunSettings
from shared.settings_file import StrictModel

POLL_SECONDS = 0.2
NOT_CONNECTED = "not connected when the run began"


class RoundRecord(StrictModel):
    """One question put to hospitals, and what became of it.

    Attributes
    ----------
    question : str
        Its message type.
    model : str
        The kind of model it was about; empty for none.
    number : int
        Round of training, from 1; 0 for other questions.
    asked, answered : list of str
        Hospitals, in alphabetical order.
    left_out : dict of str to str
        Hospitals whose answer is not part of the result, with the reason.
    seconds : float
    loss : float or None
        Mean training loss over the answers, weighted by rows.
    """

    question: str
    model: str = ""
    number: int = 0
    asked: list[str]
    answered: list[str]
    left_out: dict[str, str]
    seconds: float
    loss: float | None = None


class RoundObserver(Protocol):
    """Who wants to know of rounds: the database, the terminal, a test."""

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        """Take note that a question went out."""

    def answered(self, record: RoundRecord) -> None:
        """Take note of a finished round."""


class RecordingGrid(Grid):
    """Any Grid, with members, a deadline for joining, and a record of every round.

    Flower's strategies sample from `get_node_ids` and wait for ever when too few are there; here
    they see only the run's members and get an error after the join timeout.

    Attributes
    ----------
    members : set of int or None
        Nodes that take part; None before the first question.
    records : list of RoundRecord
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        settings: RunSettings,
        observer: RoundObserver,
    ) -> None:
        self.grid = grid
        self.names = names
        self.settings = settings
        self.observer = observer
        self.members: set[int] | None = None
        self.records: list[RoundRecord] = []
        self.model = ""
        self.number = 0
        self.accept: Callable[[Message], None] | None = None

    def hospital(self, node: int) -> str:
        """Return the name a hospital was enrolled under."""
        return self.names.get(node, f"node {node}")

    def begin(self, model: str, accept: Callable[[Message], None] | None = None) -> None:
        """Start counting rounds of a kind of model; an empty name ends it.

        Parameters
        ----------
        accept : callable, optional
            Raises JuntosError for an answer that cannot be used; it then counts as an error.
        """
        self.model, self.number, self.accept = model, 0, accept

    def get_node_ids(self) -> Iterable[int]:
        """Return the reachable members in order of name, waiting for enough of them.

        Raises
        ------
        PartialRunError
            When fewer than the settings' minimum are there within the join timeout.
        """
        deadline = time.monotonic() + self.settings.join_timeout
        while True:
            nodes = self._reachable_members()
            if len(nodes) >= self.settings.minimum_hospitals:
                return nodes
            if time.monotonic() > deadline:
                raise PartialRunError(
                    f"{len(nodes)} hospitals can be reached; the run needs at least "
                    f"{self.settings.minimum_hospitals}.",
                    "Start the missing nodes with `juntos node serve`, then train again.",
                )
            time.sleep(POLL_SECONDS)

    def _reachable_members(self) -> list[int]:
        reachable = set(self.grid.get_node_ids())
        if self.members is not None:
            reachable &= self.members
        return sorted(reachable, key=self.hospital)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Ask, wait for the answers until the deadline, and write down what happened."""
        questions = list(messages)
        if not questions:
            return []
        self.number += bool(self.model)
        asked = sorted(self.hospital(message.metadata.dst_node_id) for message in questions)
        question = questions[0].metadata.message_type
        self.observer.asked(question, self.model, self.number, asked)
        begun = time.monotonic()
        answers = {
            node: self._checked(reply, message)
            for node, (message, reply) in self._collect(
                questions, timeout or self.settings.answer_timeout
            ).items()
        }
        self._record(question, set(asked), answers, time.monotonic() - begun)
        return list(answers.values())

    def _collect(
        self, questions: list[Message], timeout: float
    ) -> dict[int, tuple[Message, Message]]:
        """Return each hospital's question and answer, in the order of their names.

        An error that the SuperLink answers with, for a node that is gone, does not come from that
        node; only the question it replies to tells whose it is.
        """
        deadline = time.monotonic() + timeout
        waiting = dict(zip(self.grid.push_messages(questions), questions, strict=False))
        answers: dict[int, tuple[Message, Message]] = {}
        while waiting and time.monotonic() <= deadline:
            for reply in self.grid.pull_messages(list(waiting)):
                message = waiting.pop(reply.metadata.reply_to_message_id)
                answers[message.metadata.dst_node_id] = (message, reply)
            if waiting:
                time.sleep(POLL_SECONDS)
        # The order of arrival must not change the digits of a sum.
        return {node: answers[node] for node in sorted(answers, key=self.hospital)}

    def _checked(self, reply: Message, question: Message) -> Message:
        """Turn an answer that cannot be used into an error, so that no strategy meets it."""
        if self.accept is None or reply.has_error():
            return reply
        try:
            self.accept(reply)
        except JuntosError as error:
            return Message(Error(REFUSED, error.what), reply_to=question)
        return reply

    def _record(
        self, question: str, asked: set[str], answers: Mapping[int, Message], seconds: float
    ) -> None:
        good = {node: reply for node, reply in answers.items() if not reply.has_error()}
        answered = {self.hospital(node) for node in good}
        left_out = {
            self.hospital(node): reason_of(reply.error)
            for node, reply in answers.items()
            if reply.has_error()
        }
        silent = asked - answered - set(left_out)
        left_out |= dict.fromkeys(silent, f"no answer within {seconds:.0f} s")
        left_out |= self._absent(asked)
        record = RoundRecord(
            question=question,
            model=self.model,
            number=self.number,
            asked=sorted(asked),
            answered=sorted(answered),
            left_out=dict(sorted(left_out.items())),
            seconds=seconds,
            loss=mean_loss(good.values()),
        )
        self.records.append(record)
        self.observer.answered(record)

    def _absent(self, asked: set[str]) -> dict[str, str]:
        """Name those who could not even be asked: members, or at first everyone enrolled."""
        if self.members is None:
            return dict.fromkeys(set(self.names.values()) - asked, NOT_CONNECTED)
        members = {self.hospital(node) for node in self.members}
        return dict.fromkeys(members - asked, "cannot be reached any more")

    def leave_out(self, reasons: Mapping[int, str]) -> None:
        """Amend the last round: these answers came, but could not be used."""
        if not reasons:
            return
        named = {self.hospital(node): reason for node, reason in reasons.items()}
        last = self.records[-1]
        amended = last.model_copy(
            update={
                "answered": [name for name in last.answered if name not in named],
                "left_out": dict(sorted({**last.left_out, **named}.items())),
            }
        )
        self.records[-1] = amended
        self.observer.answered(amended)

    def set_run(self, run: Run) -> None:
        """Pass on."""
        self.grid.set_run(run)

    @property
    def run(self) -> Run:
        """Pass on."""
        return self.grid.run

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Pass on."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Pass on."""
        return self.grid.push_messages(messages)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Pass on."""
        return self.grid.pull_messages(message_ids)


def mean_loss(replies: Iterable[Message]) -> float | None:
    """Return the mean of the losses that answers report, weighted by rows."""
    total = rows = 0.0
    for reply in replies:
        metrics = reply.content.metric_records.get("metrics", MetricRecord())
        loss, count = metrics.get("loss"), metrics.get("num-examples")
        if isinstance(loss, float) and isinstance(count, int):
            total, rows = total + loss * count, rows + count
    return total / rows if rows else None


def reason_of(error: Error) -> str:
    """Say in words why an answer is an error."""
    if error.code == ErrorCode.NODE_UNAVAILABLE:
        return "its node cannot be reached any more"
    return error.reason or "error without reason"
