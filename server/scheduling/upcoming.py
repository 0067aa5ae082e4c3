"""What comes next, when and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from server.home import CoordinatorHome
from server.scheduling.calendar import next_slot, rule_of
from server.scheduling.calendar_store import CalendarStore
from server.scheduling.delays import earliest, held_back
from server.scheduling.history import learned_until
from server.scheduling.queue import RunQueue
from server.scheduling.settings import ScheduleSettings, read_schedule
from shared.settings_file import StrictModel


class Upcoming(StrictModel):
    """A run that will come, or that waits.

    Attributes
    ----------
    kind : str
    source : {"queue", "calendar"}
    at : str or None
        When it starts at the earliest, ISO 8601, UTC; None where it is next as soon as the
        federation is free.
    reason : str
        Why it runs.
    held_back_by : str
        Why not now, in a sentence; empty where nothing holds it back.
    request : int or None
        Its id in the queue.
    """

    kind: str
    source: Literal["queue", "calendar"]
    at: str | None
    reason: str
    held_back_by: str = ""
    request: int | None = None


def upcoming(home: CoordinatorHome, time: datetime | None = None) -> list[Upcoming]:
    """Return what comes next, soonest first: what waits, then the next slot of each calendar entry.

    Raises
    ------
    SettingsError
        When ``schedule.toml`` cannot be used.
    """
    moment = time or datetime.now(UTC)
    settings = read_schedule(home.path)
    return [*waiting(home, settings, moment), *from_calendar(home, settings, moment)]


def waiting(home: CoordinatorHome, settings: ScheduleSettings, moment: datetime) -> list[Upcoming]:
    """Return what waits, in the order in which it will go."""
    queue, learned = RunQueue(home.engine()), learned_until(home.engine())
    running = queue.running()
    found = []
    for request in queue.waiting():
        delay = held_back(request, settings, moment, learned)
        why = delay.reason if delay else ""
        if not why and running is not None:
            why = f"{running.run_id} ({running.kind}) goes on."
        at = earliest(request, settings, moment, learned) if delay else None
        found.append(
            Upcoming(
                kind=request.kind,
                source="queue",
                at=None if at is None else at.isoformat(),
                reason=request.reason,
                held_back_by=why,
                request=request.id,
            )
        )
    return sorted(found, key=lambda each: each.at or "")


def from_calendar(
    home: CoordinatorHome, settings: ScheduleSettings, moment: datetime
) -> list[Upcoming]:
    """Return the next slot of each calendar entry, soonest first."""
    slots, found = CalendarStore(home.engine()).read(), []
    for entry in settings.calendar:
        slot = slots.get(entry.name)
        known = slot.next_at if slot is not None and slot.rule == rule_of(entry) else None
        at = known or next_slot(entry, moment)
        if at is None:
            continue
        overdue = at <= moment
        found.append(
            Upcoming(
                kind=entry.kind,
                source="calendar",
                at=at.isoformat(),
                reason=f"Calendar entry {entry.name!r} ({rule_of(entry)}).",
                held_back_by="It is due as soon as the coordinator runs." if overdue else "",
            )
        )
    return sorted(found, key=lambda each: each.at or "")
