"""What goes wrong around the dispatcher, and must not hold up the queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from server.home import CoordinatorHome
from server.scheduling.asking import Asking
from server.scheduling.dispatcher import Dispatcher
from server.scheduling.queue import RunQueue
from shared.errors import JuntosError
from shared.processes import StopRequestedError
from tests.unit.server.scheduling.fake_runner import FakeRunner


class Stage:
    """A dispatcher, its clock and what it said."""

    def __init__(
        self,
        home: CoordinatorHome,
        runner: FakeRunner | None = None,
        *,
        after_run: Callable[[CoordinatorHome, str], object] = lambda _home, _run: None,
        catch_up: Callable[[CoordinatorHome], object] = lambda _home: None,
    ) -> None:
        self.told: list[str] = []
        self.time = datetime.now(UTC)
        self.runner = runner or FakeRunner(home, looks=1)
        self.queue = RunQueue(home.engine())
        self.dispatcher = Dispatcher(
            *(home, self.runner, after_run, lambda _: None, self.told.append),
            clock=lambda: self.time,
            look_seconds=0,
            catch_up=catch_up,
        )

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.dispatcher.step()


def test_what_follows_may_fail(home: CoordinatorHome) -> None:
    calls: list[str] = []

    def after_run(_home: CoordinatorHome, run: str) -> None:
        calls.append(run)
        raise ValueError("a patient's value")

    stage = Stage(home, after_run=after_run)
    stage.queue.request("explore", "First.")
    stage.queue.request("explore", "Second.")
    stage.steps(14)
    assert [each.status for each in stage.queue.all()] == ["done", "done"]
    assert calls == ["run-0001"] * 3 + ["run-0002"] * 3
    assert "What follows from it failed: ValueError" in stage.queue.read(1).message
    assert not any("patient" in each for each in stage.told)


def test_a_run_that_takes_too_long_is_stopped(home: CoordinatorHome) -> None:
    (home.path / "schedule.toml").write_text("maximum_hours = 2\n")
    stage = Stage(home, FakeRunner(home, looks=1_000))
    stage.queue.request("learn", "Slow.")
    stage.steps(5)
    stage.time += timedelta(hours=1.9)
    stage.steps(2)
    assert stage.queue.read(1).status == "running"
    stage.time += timedelta(hours=0.2)
    stage.steps(2)
    found = stage.queue.read(1)
    assert found.status == "failed"
    assert found.message == "It took longer than 2 h, the most that schedule.toml allows."
    assert set(stage.runner.known().values()) == {"finished:stopped"}


def test_a_running_request_is_cancelled(home: CoordinatorHome) -> None:
    stage = Stage(home, FakeRunner(home, looks=1_000))
    stage.queue.request("learn", "Never mind.")
    stage.steps(3)
    stage.queue.cancel(1, "Cancelled by ana.")
    stage.steps(2)
    assert (stage.queue.read(1).status, stage.queue.read(1).message) == (
        "cancelled",
        "Cancelled by ana.",
    )


def test_a_superlink_that_is_away_is_waited_for(home: CoordinatorHome) -> None:
    class Away(FakeRunner):
        away = False

        def known(self) -> dict[str, str]:
            if self.away:
                raise JuntosError("The SuperLink does not answer.")
            return super().known()

    runner = Away(home, looks=3)
    stage = Stage(home, runner)
    stage.queue.request("explore", "To see.")
    stage.steps(1)
    runner.away = True
    stage.steps(5)
    assert stage.queue.read(1).status == "running"
    runner.away = False
    stage.steps(5)
    assert stage.queue.read(1).status == "done"


def test_a_run_that_cannot_be_started_fails_and_the_next_one_comes(home: CoordinatorHome) -> None:
    class Refusing(FakeRunner):
        def start(self, run: str) -> str:
            if run == "run-0001":
                raise JuntosError("Flower refuses.")
            return super().start(run)

    stage = Stage(home, Refusing(home, looks=1))
    stage.queue.request("explore", "First.")
    stage.queue.request("explore", "Second.")
    stage.steps(8)
    assert [each.status for each in stage.queue.all()] == ["failed", "done"]
    assert "Flower refuses" in stage.queue.read(1).message


def test_what_can_no_longer_begin_fails_and_the_next_one_comes(home: CoordinatorHome) -> None:
    stage = Stage(home)
    stage.queue.request("deploy", "Of a model that is gone.", {"model": "run-0009"})
    stage.queue.request("learn", "With a setting of another release.", {"sed": 1})
    stage.queue.request("explore", "Fine.")
    stage.steps(8)
    assert [each.status for each in stage.queue.all()] == ["failed", "failed", "done"]
    assert "run-0009 has no models" in stage.queue.read(1).message
    assert "sed" in stage.queue.read(2).message


def test_schedule_and_loop_may_be_held_up(
    home: CoordinatorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a patient's value")

    monkeypatch.setattr(Asking, "ask", fail)
    stage = Stage(home, catch_up=fail)
    stage.queue.request("explore", "To see.")
    stage.steps(8)
    stage.time += timedelta(minutes=5)
    stage.steps(2)
    assert stage.queue.read(1).status == "done"
    assert stage.told == ["The schedule is held up: ValueError", "The loop is held up: ValueError"]


def test_a_schedule_that_cannot_be_read_stays_as_it_was(home: CoordinatorHome) -> None:
    (home.path / "schedule.toml").write_text("cooldown_hours = 24\n")
    stage = Stage(home)
    stage.queue.request("learn", "First.")
    stage.steps(4)
    (home.path / "schedule.toml").write_text("cooldown_hour = 0\n")
    stage.queue.request("learn", "Second.")
    stage.steps(4)
    assert [each.status for each in stage.queue.all()] == ["done", "waiting"]
    (said,) = stage.told
    assert "cooldown_hour" in said
    assert "the schedule is as it was" in said


def test_a_learning_run_that_failed_begins_no_cool_down(home: CoordinatorHome) -> None:
    class Refusing(FakeRunner):
        def start(self, run: str) -> str:
            if run == "run-0001":
                raise JuntosError("Nobody is there.")
            return super().start(run)

    (home.path / "schedule.toml").write_text("cooldown_hours = 24\n")
    stage = Stage(home, Refusing(home, looks=1))
    for reason in ("Nobody is there.", "Now they are.", "Once more."):
        stage.queue.request("learn", reason)
    stage.steps(10)
    assert [each.status for each in stage.queue.all()] == ["failed", "done", "waiting"]


def stop(*_: object) -> None:
    """Do what SIGTERM does, wherever it arrives."""
    raise StopRequestedError


def test_a_stop_is_no_failure_of_what_is_being_done(home: CoordinatorHome) -> None:
    class Stopped(FakeRunner):
        def start(self, run: str) -> str:
            raise StopRequestedError

    stage = Stage(home, Stopped(home), after_run=stop, catch_up=stop)
    with pytest.raises(StopRequestedError):
        stage.steps(1)
    stage.queue.request("explore", "To see.")
    with pytest.raises(StopRequestedError):
        stage.steps(1)
    stage.dispatcher.close()
    # Whoever comes next starts the run, and does what follows.
    follows = Stage(home, FakeRunner(home, looks=1), after_run=stop)
    with pytest.raises(StopRequestedError):
        follows.steps(8)
    follows.dispatcher.close()
    assert follows.queue.read(1).status == "running"
    Stage(home, FakeRunner(home, looks=1)).steps(4)
    assert follows.queue.read(1).status == "done"
    assert follows.told == stage.told == []
