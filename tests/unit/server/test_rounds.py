"""The account of a round, with hospitals that refuse, fall silent or send what cannot be used."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from flwr.app import ConfigRecord, Error, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode

from server.answer_checks import AnswerChecks
from server.message_grid import MessageGrid
from server.recording_grid import RecordingGrid
from server.rounds import NOT_CONNECTED
from server.strategies.replies import answered_rows, arrays_and_rows
from shared.errors import JuntosError
from shared.questions import ARRAYS_KEY, array_record
from shared.run_settings import RunSettings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.in_process import Silent

NAMES = {1: "north", 2: "south", 3: "east"}
SETTINGS = RunSettings(join_timeout=0.5, answer_timeout=0.5)


def answering_app(metrics: dict[str, int | float]) -> ClientApp:
    app = ClientApp()

    @app.train()
    def train(message: Message, _context: object) -> Message:
        content = RecordDict(
            {ARRAYS_KEY: array_record({"a": np.zeros(2)}), "metrics": MetricRecord(metrics)}
        )
        return Message(content, reply_to=message)

    return app


def grid_of(*metrics: dict[str, int | float]) -> RecordingGrid:
    hospitals = {
        node: SimulatedHospital(answering_app(each)) for node, each in enumerate(metrics, start=1)
    }
    return RecordingGrid(InProcessGrid(hospitals), NAMES, SETTINGS, Silent())


def ask_all(grid: RecordingGrid) -> list[Message]:
    content = RecordDict({"config": ConfigRecord({})})
    questions = [Message(content, node, "train") for node in grid.get_node_ids()]
    return list(grid.send_and_receive(questions))


GOOD: dict[str, int | float] = {"num-examples": 10, "loss": 0.5}


def test_everyone_answers_in_the_order_of_names() -> None:
    grid = grid_of(GOOD, GOOD, {"num-examples": 30, "loss": 1.5})
    grid.begin("random_forest")
    replies = ask_all(grid)
    assert [NAMES[reply.metadata.src_node_id] for reply in replies] == ["east", "north", "south"]
    assert grid.records[0].answered == ["east", "north", "south"]
    assert grid.records[0].loss == pytest.approx((0.5 * 20 + 1.5 * 30) / 50)
    assert [rows for _, rows in arrays_and_rows(replies)] == [30, 10, 10]


@pytest.mark.parametrize(
    "metrics",
    [
        {"num-examples": 0, "loss": 0.5},
        {"num-examples": 10.5, "loss": 0.5},
        {"num-examples": 10, "loss": float("nan")},
        {"num-examples": 10},
        {"num-examples": 10, "loss": 0.5, "extra": 1.0},
    ],
)
def test_an_answer_with_unsound_figures_is_left_out(metrics: dict[str, int | float]) -> None:
    grid = grid_of(GOOD, metrics, GOOD)

    def accept(reply: Message) -> None:
        answered_rows(reply)

    grid.begin("random_forest", AnswerChecks(accept))
    replies = ask_all(grid)
    assert sum(reply.has_error() for reply in replies) == 1
    assert list(grid.records[0].left_out) == ["south"]
    assert grid.records[0].answered == ["east", "north"]


def test_an_error_of_the_superlink_is_put_down_to_the_hospital_it_is_about() -> None:
    class Gone(InProcessGrid):
        def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
            replies = list(super().pull_messages(message_ids))
            for reply in replies:
                if reply.metadata.src_node_id == 2:
                    # The SuperLink answers for a node that is gone, in its own name.
                    reply.metadata.__dict__["_src_node_id"] = 1
                    reply.__dict__["_content"] = None
                    reply.__dict__["_error"] = Error(ErrorCode.NODE_UNAVAILABLE, "x")
            return replies

    hospitals = {node: SimulatedHospital(answering_app(GOOD)) for node in NAMES}
    grid = RecordingGrid(MessageGrid(Gone(hospitals)), NAMES, SETTINGS, Silent())
    ask_all(grid)
    assert grid.records[0].left_out == {"south": "its node cannot be reached any more"}


def test_a_silent_hospital_is_left_out_after_the_deadline() -> None:
    class Deaf(InProcessGrid):
        def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
            replies = super().pull_messages(message_ids)
            return [reply for reply in replies if reply.metadata.src_node_id != 3]

    hospitals = {node: SimulatedHospital(answering_app(GOOD)) for node in NAMES}
    grid = RecordingGrid(MessageGrid(Deaf(hospitals)), NAMES, SETTINGS, Silent())
    ask_all(grid)
    assert list(grid.records[0].left_out) == ["east"]
    assert grid.records[0].left_out["east"].startswith("no answer within")


def test_an_enrolled_hospital_that_never_connected_is_named_at_first() -> None:
    grid = grid_of(GOOD, GOOD)
    ask_all(grid)
    assert grid.records[0].left_out == {"east": NOT_CONNECTED}


def test_too_few_hospitals_is_an_error_after_the_join_timeout() -> None:
    grid = grid_of(GOOD)
    with pytest.raises(JuntosError, match="needs at least 2"):
        grid.get_node_ids()
