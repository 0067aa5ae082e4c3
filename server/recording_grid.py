"""The Grid as a run sees it: its members, answers that were checked, a record of every round."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from flwr.app import Message
from flwr.serverapp import Grid

from server.answer_checks import AnswerChecks
from server.contracts.accepting_grid import kept_out
from server.grid_traits import Gathering, Measured, Mixed
from server.rounds import NOT_CONNECTED, RoundObserver, RoundRecord, mean_loss, reason_of
from shared.errors import PartialRunError
from shared.run_settings import RunSettings
from shared.session.wrapping_grid import WrappingGrid

POLL_SECONDS = 0.2


class RecordingGrid(WrappingGrid):
    """Any Grid, with members, a deadline for joining, and a record of every round.

    Flower's strategies sample from `get_node_ids` and wait for ever when too few are there; here
    they see only the run's members and get an error after the join timeout.

    Attributes
    ----------
    members : set of int or None
        Nodes that take part; None before the first question.
    records : list of RoundRecord
    begun : bool
        Whether anything was asked.
    kept_out : mapping of str to str
        Hospitals that this run never asks, with the reason.
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        settings: RunSettings,
        observer: RoundObserver,
    ) -> None:
        super().__init__(grid)
        self.names = names
        self.settings = settings
        self.observer = observer
        self.members: set[int] | None = None
        self.records: list[RoundRecord] = []
        self.begun = False
        self.model = ""
        self.number = 0
        self.checks = AnswerChecks()
        self.minimum = settings.minimum_hospitals
        self.excused: dict[int, str] = {}
        self.kept_out = {names.get(node, f"node {node}"): why for node, why in kept_out(grid)}

    def hospital(self, node: int) -> str:
        """Return the name a hospital was enrolled under."""
        return self.names.get(node, f"node {node}")

    def begin(
        self,
        model: str,
        checks: AnswerChecks | None = None,
        number: int = 0,
        minimum: int | None = None,
        excused: Mapping[int, str] | None = None,
    ) -> None:
        """Start counting rounds of a kind of model; an empty name ends it.

        Parameters
        ----------
        checks : AnswerChecks, optional
            An answer that does not pass counts as an error.
        number : int
            Rounds that were done before.
        minimum : int, optional
            Usable answers without which the run ends; the settings' without it.
        excused : mapping of int to str, optional
            Members that are not asked on purpose, with the reason; an empty one is no loss.
        """
        self.model, self.number, self.checks = model, number, checks or AnswerChecks()
        self.minimum = self.settings.minimum_hospitals if minimum is None else minimum
        self.excused = dict(excused or {})

    def get_node_ids(self) -> Iterable[int]:
        """Return the reachable members in order of name, waiting for enough of them.

        Raises
        ------
        PartialRunError
            When fewer than the settings' minimum are there within the join timeout.
        """
        minimum = self.settings.minimum_hospitals
        # Before anything was asked, the members of a run that goes on are on their way back.
        wanted = len(self.members or ()) if not self.begun else 0
        deadline = time.monotonic() + self.settings.join_timeout
        while True:
            if not self.begun and isinstance(self.grid, Gathering):
                self.grid.gather()
            nodes = self._reachable_members()
            late = time.monotonic() > deadline
            if len(nodes) >= max(wanted, minimum) or (late and len(nodes) >= minimum):
                return nodes
            if late:
                raise PartialRunError(
                    f"{len(nodes)} hospitals can be reached; the run needs at least {minimum}.",
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
        """Ask, wait for the answers until the deadline, and write down what happened.

        Raises
        ------
        PartialRunError
            When fewer training answers than the settings' minimum can be used.
        """
        questions = list(messages)
        if not questions:
            return []
        self.number += bool(self.model)
        invited = sorted(self.hospital(message.metadata.dst_node_id) for message in questions)
        question = questions[0].metadata.message_type
        self.begun = True
        self.observer.asked(question, self.model, self.number, invited)
        begun, before = time.monotonic(), self._traffic()
        deadline = timeout or self.settings.answer_timeout
        answers = self.checks.apply(self._collect(questions, deadline))
        left_out = self._left_out(set(invited), answers, deadline)
        self._record(question, invited, left_out, answers, time.monotonic() - begun, before)
        self._refuse_too_few(answers)
        return list(answers.values())

    def _collect(
        self, questions: list[Message], timeout: float
    ) -> dict[int, tuple[Message, Message]]:
        """Return each hospital's question and answer, in the order of their names."""
        replies = list(self.grid.send_and_receive(questions, timeout=timeout))
        asked = {message.metadata.message_id: message for message in questions}
        pairs = [(asked[reply.metadata.reply_to_message_id], reply) for reply in replies]
        answers = {message.metadata.dst_node_id: (message, reply) for message, reply in pairs}
        # The order of arrival must not change the digits of a sum.
        return {node: answers[node] for node in sorted(answers, key=self.hospital)}

    def _refuse_too_few(self, answers: Mapping[int, Message]) -> None:
        good = sum(not reply.has_error() for reply in answers.values())
        if self.model and good < self.minimum:
            reasons = "; ".join(f"{k}: {v}" for k, v in self.records[-1].left_out.items())
            raise PartialRunError(
                f"{self.model} round {self.number}: {good} hospitals gave a usable answer; the run "
                f"needs at least {self.minimum}. {reasons}",
                "`juntos coordinator resume` goes on from the round before.",
            )

    def _traffic(self) -> tuple[int, int]:
        if isinstance(self.grid, Measured):
            return self.grid.bytes_sent, self.grid.bytes_received
        return 0, 0

    def _record(
        self,
        question: str,
        invited: list[str],
        left_out: dict[str, str],
        answers: Mapping[int, Message],
        seconds: float,
        before: tuple[int, int],
    ) -> None:
        good = {node: reply for node, reply in answers.items() if not reply.has_error()}
        sent, received = self._traffic()
        record = RoundRecord(
            question=question,
            model=self.model,
            number=self.number,
            invited=invited,
            answered=sorted(self.hospital(node) for node in good),
            left_out=left_out,
            without_stream=self._without_stream(set(invited)),
            seconds=seconds,
            bytes_sent=sent - before[0],
            bytes_received=received - before[1],
            loss=mean_loss(good.values()),
        )
        self.records.append(record)
        self.observer.answered(record)

    def _left_out(
        self, invited: set[str], answers: Mapping[int, Message], deadline: float
    ) -> dict[str, str]:
        named = {self.hospital(node): reply for node, reply in answers.items()}
        left_out = {name: reason_of(each.error) for name, each in named.items() if each.has_error()}
        left_out |= dict.fromkeys(invited - set(named), f"no answer within {deadline:g} s")
        left_out |= self._absent(invited)
        return dict(sorted(left_out.items()))

    def _absent(self, invited: set[str]) -> dict[str, str]:
        """Name those who could not even be asked: members, or at first everyone enrolled."""
        if self.members is None:
            absent = dict.fromkeys(set(self.names.values()) - invited, NOT_CONNECTED)
            return {**absent, **self.kept_out}
        reasons = {
            self.hospital(node): self.excused.get(node, "cannot be reached any more")
            for node in self.members
        }
        return {name: why for name, why in reasons.items() if why and name not in invited}

    def _without_stream(self, invited: set[str]) -> dict[str, str]:
        if not isinstance(self.grid, Mixed):
            return {}
        named = {self.hospital(node): why for node, why in self.grid.without_stream.items()}
        return {name: named[name] for name in sorted(invited & set(named))}

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
