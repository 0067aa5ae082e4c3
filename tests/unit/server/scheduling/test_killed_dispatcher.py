"""The dispatcher killed at each point: started anew, it ends in the same place."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from server.home import CoordinatorHome, open_home
from server.run_store import RunStore
from server.scheduling.dispatcher import Dispatcher
from server.scheduling.queue import RunQueue
from server.scheduling.request import BY_CALENDAR
from tests.unit.server.scheduling.fake_runner import FakeRunner
from tests.unit.server.scheduling.forked import ended, forked

POINTS = (
    *("asked", "claimed", "placed", "counted", "started", "recorded"),
    *("ended", "following", "followed", "settled"),
)
MOST_STEPS = 60


def dispatch_all(path: Path, point: str = "", deaths: int = 0) -> None:
    """Step until nothing is left; die at a point the first time that it is passed."""
    home = open_home(path)
    died = path / "fake" / "died"

    def passed(name: str) -> None:
        if name == point and not died.exists():
            died.write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)

    def after_run(_home: CoordinatorHome, run: str) -> None:
        # As the loop does: a learning run is followed by a watch, asked for once.
        kind = queue.of_run(run)
        if kind is not None and kind.kind == "learn":
            queue.request("watch", f"Follows from {run}.", {}, "loop", key=f"after:{run}")
        passed("following")

    queue, runner = RunQueue(home.engine()), FakeRunner(home, deaths=deaths)
    dispatcher = Dispatcher(
        *(home, runner, after_run, lambda _: None, lambda _: None), passed=passed, look_seconds=0
    )
    for _ in range(MOST_STEPS):
        if not dispatcher.step() and not queue.waiting():
            return
    raise AssertionError("it never came to an end")


def asked_for(home: CoordinatorHome) -> RunQueue:
    queue = RunQueue(home.engine())
    queue.request("learn", "The calendar said so.", {}, "calendar", BY_CALENDAR, key="calendar:1")
    queue.request("explore", "A person asked.", {}, "ana")
    return queue


def outcome(home: CoordinatorHome) -> list[tuple[str, str, str | None]]:
    return [(each.kind, each.status, each.run_id) for each in RunQueue(home.engine()).all()]


UNDISTURBED = [
    ("learn", "done", "run-0002"),
    ("explore", "done", "run-0001"),
    ("watch", "done", "run-0003"),
]


def run_forked(act: Callable[[], None]) -> int:
    return ended(forked(act))


def test_undisturbed(home: CoordinatorHome) -> None:
    asked_for(home)
    dispatch_all(home.path)
    assert outcome(home) == UNDISTURBED


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_each_point_changes_nothing(home: CoordinatorHome, point: str) -> None:
    asked_for(home)
    home.engine().dispose()
    assert run_forked(lambda: dispatch_all(home.path, point)) == -signal.SIGKILL
    assert run_forked(lambda: dispatch_all(home.path, point)) == 0
    assert outcome(home) == UNDISTURBED
    runs = RunStore(home.engine()).all()
    assert [each.status for each in runs] == ["completed"] * 3
    runner = FakeRunner(home)
    # Nothing was carried out twice, nothing at the same time as another.
    assert sorted(runner.notes("carried_out")) == [each.id for each in runs]
    assert runner.notes("overlaps") == []


def test_a_run_whose_process_dies_goes_on(home: CoordinatorHome) -> None:
    asked_for(home)
    dispatch_all(home.path, deaths=2)
    assert outcome(home) == UNDISTURBED
    assert FakeRunner(home).notes("starts") == [
        "run-0001",
        "run-0001",
        "run-0001",
        "run-0002",
        "run-0003",
    ]


def test_a_kill_while_it_goes_on_again(home: CoordinatorHome) -> None:
    asked_for(home)
    home.engine().dispose()
    assert run_forked(lambda: dispatch_all(home.path, "reopened", 1)) == -signal.SIGKILL
    assert run_forked(lambda: dispatch_all(home.path, "reopened", 1)) == 0
    assert outcome(home) == UNDISTURBED


def test_a_run_that_keeps_dying_fails_and_the_next_one_comes(home: CoordinatorHome) -> None:
    asked_for(home)
    dispatch_all(home.path, deaths=4)
    assert [each[1] for each in outcome(home)] == ["done", "failed", "done"]
    failed = RunQueue(home.engine()).read(2)
    assert "killed 4 times" in failed.message
