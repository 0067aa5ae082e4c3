"""Cron lines, as people know them, for APScheduler's trigger."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

FIELDS = ("minute", "hour", "day", "month", "day_of_week")
# As cron counts them; APScheduler begins its week, and its numbers, with Monday.
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_RANGE = re.compile(r"(?P<first>[0-7]|[a-z]{3})-(?P<last>[0-7]|[a-z]{3})(/(?P<step>\d+))?")


def trigger_of(cron: str, timezone: str) -> CronTrigger:
    """Return what computes the slots of a cron line.

    Raises
    ------
    ValueError
        When it is none, in words for whoever wrote it.
    """
    fields = cron.lower().split()
    if len(fields) != len(FIELDS):
        raise ValueError(
            "a cron line has five fields: minute, hour, day of the month, month, day of the week; "
            "for example 0 2 * * sat"
        )
    if fields[2] != "*" and fields[4] != "*":
        # Cron joins the two by "or", APScheduler by "and".
        raise ValueError("give the day of the month or the day of the week, not both")
    fields[4] = ",".join(weekdays(part) for part in fields[4].split(","))
    try:
        named = dict(zip(FIELDS, fields, strict=True))
        return CronTrigger(**named, timezone=ZoneInfo(timezone))
    except ValueError as error:
        raise ValueError(f"not a cron line: {error}") from None


def weekdays(part: str) -> str:
    """Return one part of cron's day of the week in names: ``1-5`` is Monday to Friday."""
    if part in (*DAYS, "*"):
        return part
    if re.fullmatch(r"\*/[1-9]", part):
        part = part.replace("*", "0-6")
    if part.isdigit() and len(part) == 1 and int(part) <= len(DAYS):
        return DAYS[int(part) % 7]
    found = _RANGE.fullmatch(part)
    if not found:
        raise ValueError(f"{part!r} is no day of the week; give sun to sat, or 0 to 7")
    first, last = _number(found["first"]), _number(found["last"])
    if last < first:
        last += 7
    return ",".join(DAYS[day % 7] for day in range(first, last + 1, int(found["step"] or 1)))


def _number(day: str) -> int:
    if day.isdigit():
        return int(day)
    if day not in DAYS:
        raise ValueError(f"{day!r} is no day of the week; give sun to sat, or 0 to 7")
    return DAYS.index(day)


def slot_after(cron: str, timezone: str, time: datetime) -> datetime | None:
    """Return the first slot of a cron line after a time; None where there is none."""
    found: datetime | None = trigger_of(cron, timezone).get_next_fire_time(time, time)
    return found


def check_cron(cron: str) -> str:
    """Refuse what is no cron line."""
    trigger_of(cron, "UTC")
    return cron


def check_timezone(name: str) -> str:
    """Refuse what is no time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"there is no time zone {name!r}; names are like Europe/Madrid or UTC"
        ) from None
    return name
