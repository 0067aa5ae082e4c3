"""Why a run must wait although the federation is free: quiet hours, and the cool-down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.scheduling.request import URGENT, RequestKind, RunRequest
from server.scheduling.settings import WEEKDAYS, QuietHours, ScheduleSettings

# Quiet hours that follow one another are passed one by one, at most so many.
MOST_STEPS = 30


@dataclass(frozen=True)
class Delay:
    """Why not now.

    Attributes
    ----------
    reason : str
        In a sentence.
    until : datetime
        UTC.
    """

    reason: str
    until: datetime


def held_back(
    request: RunRequest, settings: ScheduleSettings, moment: datetime, learned: datetime | None
) -> Delay | None:
    """Return why a request must wait at a moment; None where it need not.

    Parameters
    ----------
    moment : datetime
        With a time zone.
    learned : datetime or None
        When the last learning run ended.
    """
    if request.priority >= URGENT:
        return None
    if request.kind == "learn" and learned is not None:
        until = learned + timedelta(hours=settings.cooldown_hours)
        if moment < until:
            hours = f"{settings.cooldown_hours:g} h"
            return Delay(
                f"Cool-down: {hours} after the learning run that ended at {shown(learned)} UTC, "
                f"until {shown(until)} UTC.",
                until,
            )
    quiet = quiet_until(settings.quiet, request.kind, moment)
    if quiet is None:
        return None
    return Delay(f"Quiet hours until {shown(quiet)} UTC.", quiet)


def earliest(
    request: RunRequest, settings: ScheduleSettings, moment: datetime, learned: datetime | None
) -> datetime:
    """Return when nothing holds a request back any more."""
    for _ in range(MOST_STEPS):
        delay = held_back(request, settings, moment, learned)
        if delay is None:
            return moment
        moment = delay.until
    return moment


def quiet_until(quiet: list[QuietHours], kind: RequestKind, moment: datetime) -> datetime | None:
    """Return the end of the quiet hours that a moment is in, in UTC; None where it is in none."""
    ends = [
        end
        for hours in quiet
        if kind in hours.kinds
        for start, end in around(hours, moment)
        if start <= moment < end
    ]
    return max(ends, default=None)


def around(hours: QuietHours, moment: datetime) -> list[tuple[datetime, datetime]]:
    """Return the quiet hours that begin on the day of a moment, and on the day before; UTC."""
    zone = ZoneInfo(hours.timezone)
    today = moment.astimezone(zone).date()
    found = []
    for day in (today - timedelta(days=1), today):
        if WEEKDAYS[day.weekday()] not in hours.days:
            continue
        last = day if hours.start < hours.end else day + timedelta(days=1)
        found.append(
            (
                datetime.combine(day, time.fromisoformat(hours.start), zone).astimezone(UTC),
                datetime.combine(last, time.fromisoformat(hours.end), zone).astimezone(UTC),
            )
        )
    return found


def shown(moment: datetime) -> str:
    """Return a moment as sentences say it, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
