"""The calendar over restarts: each slot once, missed ones together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.home import CoordinatorHome, open_home
from server.scheduling.asking import Asking
from server.scheduling.calendar import Slot, step
from server.scheduling.queue import RunQueue
from server.scheduling.settings import CalendarEntry, ScheduleSettings

DAILY = CalendarEntry(name="daily", cron="0 2 * * *", kind="watch")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def at(days: float) -> datetime:
    return NOON + timedelta(days=days)


def test_a_new_entry_waits_for_its_next_slot() -> None:
    slot, due = step(DAILY, None, NOON)
    assert due is None
    assert slot.next_at == datetime(2026, 11, 26, 2, tzinfo=UTC)
    assert step(DAILY, slot, slot.next_at - timedelta(seconds=1)) == (slot, None)
    later, due = step(DAILY, slot, slot.next_at)
    assert due is not None
    assert (due.slot, due.missed) == (slot.next_at, 0)
    assert later.next_at == datetime(2026, 11, 27, 2, tzinfo=UTC)


def test_missed_slots_run_once() -> None:
    slot, _ = step(DAILY, None, NOON)
    later, due = step(DAILY, slot, at(5))
    assert due is not None
    assert due.missed == 4
    assert "4 slots missed before it are made up for" in due.reason
    assert later.next_at == datetime(2026, 12, 1, 2, tzinfo=UTC)
    assert step(DAILY, later, at(5)) == (later, None)


def test_a_slot_missed_by_too_much_is_left_out() -> None:
    entry = DAILY.model_copy(update={"latest_hours": 6.0})
    slot, _ = step(entry, None, NOON)
    later, due = step(entry, slot, at(5))
    assert due is None
    assert later.next_at is not None
    assert later.next_at > at(5)


def test_another_rule_begins_anew() -> None:
    slot, _ = step(DAILY, None, NOON)
    changed = DAILY.model_copy(update={"cron": "0 13 * * *"})
    moved, due = step(changed, slot, at(5))
    assert due is None
    assert moved.next_at == datetime(2026, 11, 30, 13, tzinfo=UTC)


def test_a_thousand_missed_slots_are_told_as_many() -> None:
    entry = DAILY.model_copy(update={"cron": "* * * * *"})
    slot, _ = step(entry, None, NOON)
    _, due = step(entry, slot, at(30))
    assert due is not None
    assert "more than a thousand slots" in due.reason


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 4_000), min_size=1, max_size=30))
def test_every_slot_runs_or_is_made_up_for(minutes: list[int]) -> None:
    """Whenever it is looked at, no slot is forgotten and none counts twice."""
    entry = DAILY.model_copy(update={"cron": "0 */3 * * *"})
    slot: Slot | None = None
    time, counted = NOON, 0
    for pause in [0, *minutes]:
        time += timedelta(minutes=pause)
        slot, due = step(entry, slot, time)
        counted += due.missed + 1 if due else 0
    hours = {NOON + timedelta(hours=hour) for hour in range(1, 24 * 90)}
    passed = [each for each in hours if each.hour % 3 == 0 and each <= time]
    assert counted == len(passed)


def asked(home: CoordinatorHome) -> list[str | None]:
    return [each.reason for each in RunQueue(home.engine()).all()]


def test_the_calendar_survives_a_restart(home: CoordinatorHome) -> None:
    schedule = ScheduleSettings(calendar=[DAILY])
    Asking(home, print).ask(schedule, NOON)
    assert asked(home) == []
    # The coordinator was down for three days.
    again = Asking(open_home(home.path), print)
    again.ask(schedule, at(3))
    again.ask(schedule, at(3))
    (reason,) = asked(home)
    assert reason is not None
    assert "2 slots missed" in reason


def test_an_entry_does_not_pile_up_while_its_last_run_waits(home: CoordinatorHome) -> None:
    schedule = ScheduleSettings(calendar=[DAILY])
    asking = Asking(home, print)
    for day in range(4):
        asking.ask(schedule, at(day))
    assert len(asked(home)) == 1
    RunQueue(home.engine()).cancel(1)
    asking.ask(schedule, at(5))
    assert len(asked(home)) == 2


def test_an_entry_whose_settings_are_missing_is_told_and_recorded(home: CoordinatorHome) -> None:
    told: list[str] = []
    for name in ("absent.toml", "../run.toml"):
        entry = DAILY.model_copy(update={"settings": name, "name": name})
        asking = Asking(home, told.append)
        asking.ask(ScheduleSettings(calendar=[entry]), NOON)
        asking.ask(ScheduleSettings(calendar=[entry]), at(1))
    requests = RunQueue(home.engine()).all()
    assert [each.status for each in requests] == ["failed", "failed"]
    assert "absent.toml does not exist" in requests[0].message
    assert "not in the coordinator's folder" in requests[1].message
    assert len(told) == 2
