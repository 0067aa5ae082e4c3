"""Faults by script, played on the in-process Grid in simulated time."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from shared.errors import SettingsError
from shared.session.faults import Fault
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import InProcessGrid, Workers
from tests.unit.shared.session.questions import (
    arrays_of,
    counting_hospitals,
    counts_of,
    nodes_of,
    questions_to,
)

NAMES = {1: "north", 2: "south", 3: "east"}
TIMEOUT = 60.0


def grid_with(*faults: Fault) -> FaultyGrid:
    return FaultyGrid(InProcessGrid(counting_hospitals(3)), faults, NAMES)


def test_a_silent_hospital_costs_the_round_its_timeout_and_answers_the_next() -> None:
    grid = grid_with(Fault("south", 1, "silent"))
    for expected in ([1, 2, 3], [1, 3], [1, 2, 3]):
        assert list(grid.get_node_ids()) == [1, 2, 3]
        replies = grid.send_and_receive(questions_to([1, 2, 3]), timeout=TIMEOUT)
        assert nodes_of(replies) == expected
    assert grid.clock == TIMEOUT


def test_an_unreachable_hospital_is_gone_until_it_returns() -> None:
    grid = grid_with(Fault("east", 1, "unreachable"), Fault("east", 3, "returns"))
    seen = []
    for _ in range(4):
        seen.append(list(grid.get_node_ids()))
        replies = list(grid.send_and_receive(questions_to([1, 2, 3]), timeout=TIMEOUT))
        assert [reply.has_error() for reply in replies[:2]] == [False, False]
        assert replies[2].has_error() == (3 not in seen[-1])
    assert seen == [[1, 2, 3], [1, 2], [1, 2], [1, 2, 3]]
    assert grid.clock == 0


def test_a_delay_takes_simulated_time_and_is_lost_after_the_timeout() -> None:
    grid = grid_with(Fault("north", 0, "delay", 20), Fault("north", 1, "delay", 90))
    assert nodes_of(grid.send_and_receive(questions_to([1, 2, 3]), timeout=TIMEOUT)) == [1, 2, 3]
    assert grid.clock == 20
    assert nodes_of(grid.send_and_receive(questions_to([1, 2, 3]), timeout=TIMEOUT)) == [2, 3]
    assert grid.clock == 20 + TIMEOUT
    # It had been asked all the same.
    assert counts_of(grid.send_and_receive(questions_to([1, 2, 3]))) == [3, 3, 3]


def test_who_pulls_gets_late_answers_last() -> None:
    grid = grid_with(
        Fault("north", 0, "delay", 20), Fault("south", 0, "delay", 5), Fault("east", 0, "silent")
    )
    ids = list(grid.push_messages(questions_to([1, 2, 3])))
    pulled = [nodes_of(grid.pull_messages(ids)) for _ in range(3)]
    assert pulled == [[2], [1], []]
    assert grid.clock == 20


def test_an_error_is_the_answer_of_that_question_only() -> None:
    grid = grid_with(Fault("south", 0, "error"))
    replies = list(grid.send_and_receive(questions_to([1, 2, 3])))
    assert [reply.has_error() for reply in replies] == [False, True, False]
    assert replies[1].error.reason == "node 2: its ClientApp raised a simulated error"
    assert not any(reply.has_error() for reply in grid.send_and_receive(questions_to([1, 2, 3])))


def test_arrays_become_not_a_number_or_explode_and_whole_numbers_stay() -> None:
    plain = arrays_of(grid_with().send_and_receive(questions_to([1, 2, 3])))
    grid = grid_with(Fault("north", 0, "not_a_number"), Fault("south", 0, "exploded"))
    replies = list(grid.send_and_receive(questions_to([1, 2, 3])))
    spoilt = arrays_of(replies)
    assert np.isnan(spoilt[0]).all()
    np.testing.assert_allclose(spoilt[1], np.array(plain[1]) * 1e12)
    assert spoilt[2] == plain[2]
    for reply in replies:
        assert reply.content.array_records["arrays"]["n"].numpy().tolist() == [1]
        assert reply.content.metric_records["metrics"]["count"] == 1


def test_a_step_is_lengthened_or_turned_round_from_what_was_sent() -> None:
    sent = np.arange(3.0)
    steps = np.array(arrays_of(grid_with().send_and_receive(questions_to([1, 2, 3])))) - sent
    grid = grid_with(Fault("north", 0, "scaled"), Fault("south", 0, "sign_flipped"))
    replies = list(grid.send_and_receive(questions_to([1, 2, 3])))
    found = np.array(arrays_of(replies)) - sent
    np.testing.assert_allclose(found, steps * [[1000], [-1], [1]])
    assert all(r.content.array_records["arrays"]["n"].numpy().tolist() == [1] for r in replies)


def test_the_clock_and_the_answers_are_the_same_whoever_answers() -> None:
    faults = [
        Fault("north", 1, "silent"),
        Fault("south", 1, "delay", 30),
        Fault("east", 2, "unreachable"),
        Fault("south", 2, "exploded"),
        Fault("east", 3, "returns"),
    ]
    found = []
    workers: Workers
    for workers in get_args(Workers):
        with InProcessGrid(counting_hospitals(3, {1: 0.1}), workers, 2) as inner:
            grid = FaultyGrid(inner, faults, NAMES)
            seen: list[object] = []
            for _ in range(4):
                asked = questions_to(grid.get_node_ids())
                replies = list(grid.send_and_receive(asked, timeout=TIMEOUT))
                seen += [nodes_of(replies), arrays_of(replies), grid.clock]
            found.append(seen)
    assert found[0] == found[1] == found[2]


def test_faults_are_checked() -> None:
    with pytest.raises(SettingsError, match=r"not there: west.*east, north, south"):
        grid_with(Fault("west", 0, "silent"))
    with pytest.raises(ValidationError, match="give seconds above 0 for a delay"):
        Fault("north", 0, "delay")
    with pytest.raises(ValidationError, match="give seconds above 0 for a delay"):
        Fault("north", 0, "silent", 3)
