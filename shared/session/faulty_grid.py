"""A Grid on which a script of faults is played, in simulated time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flwr.app import Error, Message
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid

from shared.session.faults import Fault, is_reachable, refuse_unknown_hospitals, spoil
from shared.session.wrapping_grid import WrappingGrid


@dataclass
class Asked:
    """One question to one hospital.

    Attributes
    ----------
    faults : list of Fault
        That befall it.
    due : float
        When the answer arrives, in simulated seconds.
    reply : Message or None
        None as long as there is none.
    """

    message: Message
    faults: list[Fault]
    due: float
    reply: Message | None = None

    @property
    def silent(self) -> bool:
        """Whether there will never be an answer."""
        return any(fault.kind == "silent" for fault in self.faults)

    @property
    def settled(self) -> bool:
        """Whether nothing is left for the hospital to do: the question may never reach it."""
        return self.silent or self.reply is not None

    def answered(self, reply: Message) -> None:
        """Take the hospital's answer."""
        for fault in self.faults:
            spoil(self.message, reply, fault.kind)
        self.reply = reply


class FaultyGrid(WrappingGrid):
    """Any Grid that gives messages their ids, with hospitals that fail as a script says.

    Nobody waits: a delay only moves the simulated clock, and an answer that is due after the
    timeout, in simulated time, is lost. The clock depends on the script alone.

    Parameters
    ----------
    faults : sequence of Fault
    names : mapping of int to str
        The hospitals by node.

    Attributes
    ----------
    clock : float
        Simulated seconds since the beginning.
    question : int
        Number of the next question.
    """

    def __init__(self, grid: Grid, faults: Sequence[Fault], names: Mapping[int, str]) -> None:
        refuse_unknown_hospitals(faults, names.values())
        super().__init__(grid)
        self._faults = {
            node: [fault for fault in faults if fault.hospital == name]
            for node, name in names.items()
        }
        self._asked: dict[str, Asked] = {}
        self.clock = 0.0
        self.question = 0

    @property
    def bytes_sent(self) -> int:
        """Bytes that went to hospitals, where the Grid counts them."""
        return getattr(self.grid, "bytes_sent", 0)

    @property
    def bytes_received(self) -> int:
        """Bytes that came from hospitals, where the Grid counts them."""
        return getattr(self.grid, "bytes_received", 0)

    def get_node_ids(self) -> Iterable[int]:
        """Return the hospitals that can be reached at the next question."""
        return [node for node in self.grid.get_node_ids() if self._reachable(node)]

    def _reachable(self, node: int) -> bool:
        return is_reachable(self._faults.get(node, []), self.question)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Ask the hospitals that the faults let see the question; return all questions' ids."""
        asked = self._next_question(messages)
        seen = [each.message for each in asked if not each.settled]
        if seen:
            self.grid.push_messages(seen)
        self._asked |= {each.message.metadata.message_id: each for each in asked}
        return [each.message.metadata.message_id for each in asked]

    def _next_question(self, messages: Iterable[Message]) -> list[Asked]:
        asked = [self._befallen(index, message) for index, message in enumerate(messages)]
        self.question += bool(asked)
        return asked

    def _befallen(self, index: int, message: Message) -> Asked:
        # The Grid replaces it, if the question gets that far.
        message.metadata.__dict__["_message_id"] = f"withheld-{self.question}-{index}"
        node = message.metadata.dst_node_id
        faults = [each for each in self._faults.get(node, []) if each.question == self.question]
        asked = Asked(message, faults, self.clock + sum(each.seconds for each in faults))
        if not self._reachable(node):
            error = Error(ErrorCode.NODE_UNAVAILABLE, f"node {node} cannot be reached")
            asked.reply = Message(error, reply_to=message)
        elif any(each.kind == "error" for each in faults):
            code = ErrorCode.CLIENT_APP_RAISED_EXCEPTION
            error = Error(code, f"node {node}: its ClientApp raised a simulated error")
            asked.reply = Message(error, reply_to=message)
        return asked

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return the answers that are there, once, in the order of the ids.

        When only late ones are still to come, the clock moves on to the next of them.
        """
        asked = {each: self._asked[each] for each in message_ids if each in self._asked}
        running = [each for each, question in asked.items() if not question.settled]
        for reply in self.grid.pull_messages(running) if running else []:
            asked[reply.metadata.reply_to_message_id].answered(reply)
        arrived = {each: question for each, question in asked.items() if question.reply}
        if arrived and all(question.settled for question in asked.values()):
            self.clock = max(self.clock, min(question.due for question in arrived.values()))
        due = {each: q.reply for each, q in arrived.items() if q.reply and q.due <= self.clock}
        for identifier in due:
            del self._asked[identifier]
        return list(due.values())

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Ask, and return the answers due within the timeout in the order of the questions."""
        asked = self._next_question(messages)
        seen = [each.message for each in asked if not each.settled]
        found = list(self.grid.send_and_receive(seen, timeout=timeout)) if seen else []
        replies = {reply.metadata.reply_to_message_id: reply for reply in found}
        for each in asked:
            if (reply := replies.get(each.message.metadata.message_id)) is not None:
                each.answered(reply)
        latest = float("inf") if timeout is None else self.clock + timeout
        in_time = [each for each in asked if each.reply is not None and each.due <= latest]
        if timeout is not None and len(in_time) < len(asked):
            self.clock += timeout
        else:
            self.clock = max([self.clock, *(each.due for each in in_time)])
        return [each.reply for each in in_time if each.reply is not None]
