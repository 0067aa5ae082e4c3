"""Runs that a person starts at a terminal, beside the dispatcher."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from server.home import CoordinatorHome, open_home
from server.run_store import RunStore
from server.scheduling import by_hand
from server.scheduling.by_hand import own_continuation, own_run
from server.scheduling.dispatcher import Dispatcher
from server.scheduling.lease import BusyError
from server.scheduling.queue import RunQueue
from shared.exploration.settings import ExplorationSettings
from shared.processes import wait_until
from shared.run_settings import RunSettings
from tests.unit.server.scheduling.fake_runner import FakeRunner
from tests.unit.server.scheduling.forked import ended, forked

EXPLORING = RunSettings(exploration=ExplorationSettings(enabled=True))


def dispatcher_of(home: CoordinatorHome) -> Dispatcher:
    runner = FakeRunner(home, looks=1)
    return Dispatcher(
        *(home, runner, lambda _home, _run: None, lambda _: None, lambda _: None), look_seconds=0
    )


def test_a_person_is_told_what_goes_on(home: CoordinatorHome) -> None:
    with own_run(home, EXPLORING, "To see.") as run:
        (request,) = RunQueue(home.engine()).all()
        assert (request.kind, request.status, request.run_id) == ("explore", "running", run)
        assert request.settings == {"exploration": {"enabled": True}}
        with (
            pytest.raises(BusyError, match=r"run-0001 \(explore\) goes on, .*: To see\.") as caught,
            own_run(home, RunSettings(), "Me too."),
        ):
            pass
        assert "at a terminal" in caught.value.what
        assert "juntos coordinator request" in caught.value.fix


def test_the_dispatcher_leaves_it_to_the_person_and_follows_up(home: CoordinatorHome) -> None:
    queue, dispatcher = RunQueue(home.engine()), dispatcher_of(home)
    waiting = queue.request("explore", "After that.")
    with own_run(home, EXPLORING, "To see.") as run:
        for _ in range(3):
            assert dispatcher.step()
        assert queue.read(waiting).status == "waiting"
        RunStore(home.engine()).finish(run, "completed", "all took part")
    for _ in range(8):
        dispatcher.step()
    assert [each.status for each in queue.all()] == ["done", "done"]


def test_the_run_of_a_killed_terminal_is_seen_to_its_end(home: CoordinatorHome) -> None:
    home.engine().dispose()

    def begin_and_hang() -> None:
        own = open_home(home.path)
        with own_run(own, EXPLORING, "To see.") as run:
            RunStore(own.engine()).attach(run, FakeRunner(own).start(run))
            time.sleep(60)

    process = forked(begin_and_hang)
    store = RunStore(home.engine())
    assert wait_until(lambda: any(each.flower_run_id for each in store.all()), 20)
    os.kill(process, signal.SIGKILL)
    ended(process)
    dispatcher = dispatcher_of(home)
    for _ in range(8):
        dispatcher.step()
    (request,) = RunQueue(home.engine()).all()
    assert (request.status, request.attempts) == ("done", 1)
    assert FakeRunner(home).notes("starts") == ["run-0001"]


def test_the_next_one_waits_for_what_follows(home: CoordinatorHome) -> None:
    with own_run(home, EXPLORING, "To see.") as run:
        RunStore(home.engine()).finish(run, "stopped", "stopped from the terminal")
    service = threading.Timer(1.0, lambda: dispatcher_of(open_home(home.path)).step())
    service.start()
    with own_continuation(home, RunStore(home.engine()).read(run)):
        requests = RunQueue(home.engine()).all()
    service.join()
    assert [(each.status, each.run_id) for each in requests] == [("failed", run), ("running", run)]


def test_without_a_service_it_waits_for_a_while_only(
    home: CoordinatorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_hand, "PATIENCE_SECONDS", 0.1)
    with own_run(home, EXPLORING, "To see.") as run:
        RunStore(home.engine()).finish(run, "completed", "all took part")
    with (
        pytest.raises(BusyError, match="What follows from run-0001 is not done yet"),
        own_run(home, EXPLORING, "Again."),
    ):
        pass


def test_the_first_end_of_a_run_is_its_end(home: CoordinatorHome) -> None:
    """A process that is stopped may come to its own end a moment later."""
    store = RunStore(home.engine())
    run = store.create(EXPLORING, "hash")
    store.finish(run, "stopped", "stopped from the terminal")
    store.finish(run, "completed", "all took part", {"models": {}})
    assert (store.read(run).status, store.read(run).result) == ("stopped", None)
    store.reopen(run)
    store.finish(run, "completed", "all took part", {"models": {}})
    assert store.read(run).status == "completed"
