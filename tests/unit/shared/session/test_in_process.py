"""The in-process Grid answers alike, whoever answers for the hospitals."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import get_args

import psutil
import pytest

from shared.session.in_process import AppFactory, InProcessGrid, SimulatedHospital, Workers
from tests.unit.shared.session.apps import counting_app, dying_app, raising_app
from tests.unit.shared.session.questions import (
    arrays_of,
    counting_hospitals,
    counts_of,
    nodes_of,
    questions_to,
)

ALL: tuple[Workers, ...] = get_args(Workers)
UNEVEN = {1: 0.3, 2: 0.0, 3: 0.15, 4: 0.02, 5: 0.1}


def everything(workers: Workers) -> list[object]:
    """Ask five hospitals three times, some of them twice at once; return all that came back."""
    found: list[object] = []
    with InProcessGrid(counting_hospitals(5, UNEVEN), workers, 3) as grid:
        for nodes in ([1, 2, 3, 4, 5], [5, 3, 1], [2, 2, 4, 1, 2]):
            questions = questions_to(nodes)
            replies = list(grid.send_and_receive(questions, timeout=60))
            assert [reply.metadata.reply_to_message_id for reply in replies] == [
                question.metadata.message_id for question in questions
            ]
            assert not any(reply.has_error() for reply in replies)
            found += [nodes_of(replies), counts_of(replies), arrays_of(replies)]
        # What the worker process is called is the only thing that may differ, and its size does.
        found += [grid.bytes_sent]
    return found


def test_everybody_who_answers_gives_the_same_digits_in_the_same_order() -> None:
    in_turn = everything("in_process")
    assert in_turn[0] == [1, 2, 3, 4, 5]
    assert in_turn[3] == [5, 3, 1]
    assert in_turn[7] == [2, 3, 2, 3, 4]
    assert everything("threads") == in_turn
    assert everything("processes") == in_turn


@pytest.mark.parametrize("workers", ["threads", "processes"])
def test_pushing_returns_at_once_and_pulling_gives_what_is_there(workers: Workers) -> None:
    with InProcessGrid(counting_hospitals(2, {1: 1.5}), workers, 2) as grid:
        grid.send_and_receive(questions_to([2]))
        begun = time.monotonic()
        slow, fast = grid.push_messages(questions_to([1, 2]))
        assert time.monotonic() - begun < 1
        found = []
        while not found:
            found = list(grid.pull_messages([slow, fast]))
        assert nodes_of(found) == [2]
        assert list(grid.pull_messages([fast])) == []
        while not (found := list(grid.pull_messages([slow]))):
            time.sleep(0.01)
        assert nodes_of(found) == [1]


@pytest.mark.parametrize("workers", ["threads", "processes"])
def test_after_the_timeout_those_who_answered_are_returned(workers: Workers) -> None:
    with InProcessGrid(counting_hospitals(3, {2: 2.0}), workers, 3) as grid:
        grid.send_and_receive(questions_to([1, 3]))
        begun = time.monotonic()
        replies = list(grid.send_and_receive(questions_to([1, 2, 3]), timeout=0.7))
        assert time.monotonic() - begun < 1.8
        assert nodes_of(replies) == [1, 3]
        # The late answer is not taken for that to the next question, which waits for its turn.
        late = list(grid.send_and_receive(questions_to([2]), timeout=30))
        assert counts_of(late) == [2]


@pytest.mark.parametrize("workers", ALL)
def test_state_lasts_for_one_run(workers: Workers) -> None:
    with InProcessGrid(counting_hospitals(2), workers, 2) as grid:
        for expected in (1, 2):
            replies = grid.send_and_receive(questions_to(grid.get_node_ids()))
            assert counts_of(replies) == [expected, expected]
        grid.begin_run()
        assert counts_of(grid.send_and_receive(questions_to([2, 1]))) == [1, 1]


@pytest.mark.parametrize("workers", ALL)
def test_an_app_that_raises_answers_with_an_error_without_its_text(workers: Workers) -> None:
    hospitals = counting_hospitals(2)
    hospitals[2] = SimulatedHospital(AppFactory(raising_app))
    with InProcessGrid(hospitals, workers, 2) as grid:
        replies = list(grid.send_and_receive(questions_to([1, 2])))
    assert nodes_of(replies) == [1, 2]
    assert not replies[0].has_error()
    assert replies[1].error.reason == "node 2: its ClientApp raised ValueError"


def test_a_worker_process_that_dies_is_an_error_of_its_hospital() -> None:
    hospitals = counting_hospitals(3)
    hospitals[2] = SimulatedHospital(AppFactory(dying_app))
    with InProcessGrid(hospitals, "processes", 3) as grid:
        assert list(grid.get_node_ids()) == [1, 2, 3]
        replies = list(grid.send_and_receive(questions_to([1, 2, 2, 3]), timeout=60))
        assert nodes_of(replies) == [1, 2, 2, 3]
        assert [reply.has_error() for reply in replies] == [False, True, True, False]
        assert replies[1].error.reason == "node 2: its worker process ended (exit code 3)"
        assert list(grid.get_node_ids()) == [1, 3]
        assert counts_of(grid.send_and_receive(questions_to([1, 3]))) == [2, 2]


def test_a_hospital_stays_in_its_process_and_closing_ends_them() -> None:
    def processes(nodes: list[int]) -> list[object]:
        replies = grid.send_and_receive(questions_to(nodes))
        return [reply.content.config_records["config"]["process"] for reply in replies]

    with InProcessGrid(counting_hospitals(4), "processes", 2) as grid:
        first = processes([1, 2, 3, 4])
        assert first == [first[0], first[1]] * 2
        assert len(set(first)) == 2
        assert processes([4, 3, 2, 1]) == first[::-1]
        running = [worker._process for worker in grid._pool._workers]  # type: ignore[attr-defined]
    assert not any(process.is_alive() for process in running)


def test_worker_processes_end_when_the_one_that_started_them_is_killed() -> None:
    script = (
        "from tests.unit.shared.session.questions import *\n"
        "from shared.session.in_process import InProcessGrid\n"
        "if __name__ == '__main__':\n"
        "    grid = InProcessGrid(counting_hospitals(2, {1: 600}), 'processes', 2)\n"
        "    grid.send_and_receive(questions_to([2]))\n"
        "    print(*[each._process.pid for each in grid._pool._workers], flush=True)\n"
        "    grid.send_and_receive(questions_to([1]))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [psutil.Process(int(number)) for number in parent.stdout.readline().split()]
    assert len(workers) == 2
    parent.kill()
    parent.communicate()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []


def test_processes_need_to_know_how_an_app_is_built() -> None:
    with pytest.raises(TypeError, match="node 7: another process needs an AppFactory"):
        InProcessGrid({7: SimulatedHospital(counting_app(1))}, "processes")


def test_a_question_to_nobody_is_an_error() -> None:
    grid = InProcessGrid(counting_hospitals(1))
    replies = list(grid.send_and_receive(questions_to([9, 1])))
    assert replies[0].error.reason == "node 9: there is no such hospital"
    assert counts_of(replies[1:]) == [1]


def test_bytes_are_counted() -> None:
    grid = InProcessGrid(counting_hospitals(2))
    replies = list(grid.send_and_receive(questions_to([1, 2])))
    size = sum(record.count_bytes() for record in questions_to([1])[0].content.values())
    assert grid.bytes_sent == 2 * size
    assert grid.bytes_received == sum(
        record.count_bytes() for reply in replies for record in reply.content.values()
    )
