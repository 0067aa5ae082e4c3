"""What holds of the queue whatever is done to it, on both databases."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.home import CoordinatorHome, open_home
from server.scheduling.queue import RunQueue
from server.scheduling.request import SETTLED, RunRequest
from shared.errors import SettingsError
from shared.run_settings import RunSettings

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["request", "claim", "begin", "cancel", "settle", "refuse"]),
        st.integers(0, 3),
    ),
    max_size=25,
)


def act(queue: RunQueue, action: str, number: int) -> None:
    everything = queue.all()
    one = everything[number % len(everything)].id if everything else 1
    if action == "request":
        queue.request("learn", "x", {}, "ana", number)
    elif action == "claim":
        queue.claim(one, RunSettings(), "hash")
    elif action == "begin":
        queue.begin("learn", "x", "ana", RunSettings(), "hash")
    elif action == "settle":
        queue.settle(one, "done", "over")
    elif action == "refuse":
        queue.refuse(one, "no")
    elif everything:
        try:
            queue.cancel(one)
        except SettingsError:
            assert queue.read(one).status in SETTLED


def check(queue: RunQueue, before: list[RunRequest]) -> None:
    now = queue.all()
    running = [each for each in now if each.status == "running"]
    assert len(running) <= 1
    assert queue.running() == (running[0] if running else None)
    assert all(each.run_id and each.started_at for each in running)
    runs = [each.run_id for each in now if each.run_id]
    assert len(runs) == len(set(runs))
    waiting = [each for each in now if each.status == "waiting"]
    first = min(waiting, key=lambda each: (-each.priority, each.id), default=None)
    assert queue.next() == first
    # What has ended stays as it is, and nothing is lost.
    assert now[: len(before)] == [
        old if old.status in SETTLED else new for old, new in zip(before, now, strict=False)
    ]


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ACTIONS)
def test_whatever_is_done(template: Path, actions: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        queue = RunQueue(open_home(Path(shutil.copytree(template, f"{folder}/c"))).engine())
        for action, number in actions:
            before = queue.all()
            act(queue, action, number)
            check(queue, before)
        queue.engine.dispose()


def test_the_database_takes_one_running_request(either_home: CoordinatorHome) -> None:
    queue = RunQueue(either_home.engine())
    first, second = (queue.request("watch", "x") for _ in range(2))
    assert queue.claim(second, RunSettings(), "hash") == "run-0001"
    assert queue.claim(first, RunSettings(), "hash") is None
    assert queue.begin("learn", "x", "ana", RunSettings(), "hash") is None
    assert not queue.go_on("run-0001", "learn", "x", "ana")
    queue.settle(second, "done", "over")
    assert queue.claim(first, RunSettings(), "hash") == "run-0002"


def test_the_same_key_asks_once(either_home: CoordinatorHome) -> None:
    queue = RunQueue(either_home.engine())
    assert queue.request("watch", "x", key="a") == queue.request("watch", "y", key="a")
    assert queue.request("watch", "x") != queue.request("watch", "x")


def test_a_running_request_is_cancelled_by_asking_to_stop(home: CoordinatorHome) -> None:
    queue = RunQueue(home.engine())
    identifier = queue.request("watch", "x")
    queue.claim(identifier, RunSettings(), "hash")
    assert queue.stop_reason(identifier) == ""
    assert queue.cancel(identifier, "Enough.").status == "running"
    assert queue.stop_reason(identifier) == "Enough."


def test_bad_requests_are_refused(home: CoordinatorHome) -> None:
    queue = RunQueue(home.engine())
    with pytest.raises(SettingsError, match="kind"):
        queue.request("lern", "x")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="reason"):
        queue.request("learn", "  ")
    with pytest.raises(SettingsError, match="no request 7"):
        queue.cancel(7)
