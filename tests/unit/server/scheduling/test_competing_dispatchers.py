"""Several dispatchers on one federation: one run at a time, each run once."""

from __future__ import annotations

from pathlib import Path

from server.home import CoordinatorHome, open_home
from server.scheduling.dispatcher import Dispatcher
from server.scheduling.queue import RunQueue
from tests.unit.server.scheduling.fake_runner import FakeRunner
from tests.unit.server.scheduling.forked import ended, forked

REQUESTS = 5
DISPATCHERS = 3


def dispatch_all(path: Path) -> None:
    home = open_home(path)
    queue, runner = RunQueue(home.engine()), FakeRunner(home)
    dispatcher = Dispatcher(
        *(home, runner, lambda _home, _run: None, lambda _: None, lambda _: None), look_seconds=0
    )
    while dispatcher.step() or queue.waiting() or queue.running():
        pass
    dispatcher.close()


def test_one_run_at_a_time(either_home: CoordinatorHome) -> None:
    queue = RunQueue(either_home.engine())
    for number in range(REQUESTS):
        queue.request("explore", f"Reason {number}.", {}, "ana")
    either_home.engine().dispose()
    processes = [forked(lambda: dispatch_all(either_home.path)) for _ in range(DISPATCHERS)]
    assert [ended(each) for each in processes] == [0] * DISPATCHERS
    assert [each.status for each in queue.all()] == ["done"] * REQUESTS
    runner = FakeRunner(either_home)
    assert runner.notes("overlaps") == []
    assert runner.notes("starts") == [f"run-{number + 1:04d}" for number in range(REQUESTS)]
