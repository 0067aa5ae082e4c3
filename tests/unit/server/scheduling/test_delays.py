"""Quiet hours and the cool-down: what waits, until when, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from server.home import CoordinatorHome
from server.scheduling.delays import earliest, held_back, quiet_until
from server.scheduling.dispatcher import Dispatcher
from server.scheduling.queue import RunQueue
from server.scheduling.request import BY_PERSON, URGENT, RequestKind, RunRequest
from server.scheduling.settings import QuietHours, ScheduleSettings
from tests.unit.server.scheduling.fake_runner import FakeRunner

# A Wednesday.
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
OFFICE = QuietHours(start="08:00", end="17:00", days=["mon", "tue", "wed", "thu", "fri"])
NIGHT = QuietHours(start="22:00", end="06:00", days=["fri"])


def request(kind: RequestKind = "learn", priority: int = BY_PERSON) -> RunRequest:
    return RunRequest(
        id=1,
        kind=kind,
        reason="x",
        priority=priority,
        settings={},
        requested_by="ana",
        requested_at="2026-11-25T12:00:00+00:00",
        status="waiting",
    )


def test_quiet_hours_end() -> None:
    assert quiet_until([OFFICE], "learn", NOON) == NOON.replace(hour=17)
    assert quiet_until([OFFICE], "learn", NOON.replace(hour=17)) is None
    assert quiet_until([OFFICE], "learn", NOON.replace(hour=7, minute=59)) is None
    assert quiet_until([OFFICE], "learn", NOON + timedelta(days=3)) is None
    assert quiet_until([OFFICE], "deploy", NOON) is None


def test_quiet_hours_over_midnight_belong_to_the_day_on_which_they_start() -> None:
    saturday = datetime(2026, 11, 28, 3, tzinfo=UTC)
    assert quiet_until([NIGHT], "learn", saturday) == saturday.replace(hour=6)
    assert quiet_until([NIGHT], "learn", saturday - timedelta(days=1)) is None


def test_quiet_hours_are_of_their_time_zone() -> None:
    lima = OFFICE.model_copy(update={"timezone": "America/Lima"})
    assert quiet_until([lima], "learn", NOON) is None
    assert quiet_until([lima], "learn", NOON + timedelta(hours=2)) == NOON.replace(hour=22)


def test_the_cool_down_is_for_learning() -> None:
    settings = ScheduleSettings(cooldown_hours=24)
    learned = NOON - timedelta(hours=2)
    delay = held_back(request(), settings, NOON, learned)
    assert delay is not None
    assert delay.until == learned + timedelta(hours=24)
    assert "Cool-down: 24 h after the learning run that ended at 2026-11-25 10:00" in delay.reason
    assert held_back(request("watch"), settings, NOON, learned) is None
    assert held_back(request(priority=URGENT), settings, NOON, learned) is None
    assert held_back(request(), settings, NOON + timedelta(hours=22), learned) is None


def test_after_the_cool_down_quiet_hours_count_again() -> None:
    settings = ScheduleSettings(cooldown_hours=21, quiet=[OFFICE])
    learned = NOON.replace(hour=13) - timedelta(hours=2)
    # Until 08:00 of Thursday, when the office opens.
    found = earliest(request(), settings, NOON, learned)
    assert found == datetime(2026, 11, 26, 17, tzinfo=UTC)


def test_hours_of_no_length_are_refused() -> None:
    with pytest.raises(ValidationError, match="the same"):
        QuietHours(start="08:00", end="08:00")


def test_what_is_held_back_lets_others_pass_and_says_why(home: CoordinatorHome) -> None:
    (home.path / "schedule.toml").write_text(
        "cooldown_hours = 24\nmaximum_hours = 1000\n"
        '[[quiet]]\nstart = "08:00"\nend = "17:00"\nkinds = ["explore"]\n'
    )
    queue, time = RunQueue(home.engine()), [datetime.now(UTC).replace(hour=12)]
    dispatcher = Dispatcher(
        *(home, FakeRunner(home, looks=1), lambda _home, _run: None, print, print),
        clock=lambda: time[0],
        look_seconds=0,
    )
    kinds: tuple[RequestKind, ...] = ("explore", "learn", "learn", "watch")
    for kind in kinds:
        queue.request(kind, "x")
    for _ in range(20):
        dispatcher.step()
    assert [each.status for each in queue.all()] == ["waiting", "done", "waiting", "done"]
    assert "Quiet hours until" in queue.read(1).message
    assert "Cool-down: 24 h" in queue.read(3).message
    # Runs end by the real clock, which is at another hour.
    time[0] += timedelta(hours=48)
    for _ in range(10):
        dispatcher.step()
    assert [each.status for each in queue.all()] == ["waiting", "done", "done", "done"]
    time[0] = time[0].replace(hour=18)
    for _ in range(10):
        dispatcher.step()
    assert queue.read(1).status == "done"
