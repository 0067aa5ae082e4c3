"""The calendar: which entry is due, with what became of slots that were missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from server.scheduling.cron import slot_after
from server.scheduling.settings import CalendarEntry

# Slots are counted for the reason only; after so many it says "many".
COUNTED = 1_000


@dataclass(frozen=True)
class Slot:
    """Where a calendar entry stands, as the database keeps it.

    Attributes
    ----------
    entry : str
    rule : str
        Its cron line and time zone then: another rule begins anew.
    next_at, last_at : datetime or None
        The next slot, and the last one that was asked for; UTC.
    """

    entry: str
    rule: str
    next_at: datetime | None
    last_at: datetime | None = None


@dataclass(frozen=True)
class Due:
    """A run that an entry asks for.

    Attributes
    ----------
    entry : CalendarEntry
    slot : datetime
        The last one that has passed; earlier ones are made up for by it.
    missed : int
        How many earlier ones there are.
    """

    entry: CalendarEntry
    slot: datetime
    missed: int

    @property
    def key(self) -> str:
        """What is asked for."""
        return f"{key_of(self.entry.name)}{self.slot.isoformat()}"

    @property
    def reason(self) -> str:
        """Why it runs, in a sentence."""
        entry = self.entry
        local = f"{self.slot:%Y-%m-%d %H:%M}"
        text = f"Calendar entry {entry.name!r} ({rule_of(entry)}) was due at {local} UTC"
        if not self.missed:
            return f"{text}."
        slots = "1 slot" if self.missed == 1 else f"{self.missed} slots"
        count = "more than a thousand slots" if self.missed >= COUNTED else slots
        return f"{text}; {count} missed before it are made up for by this run."


def key_of(entry: str) -> str:
    """Return what the keys of an entry's requests begin with."""
    return f"calendar:{entry}:"


def rule_of(entry: CalendarEntry) -> str:
    """Return when an entry comes, as the settings say it."""
    return f"{entry.cron}, {entry.timezone}"


def step(entry: CalendarEntry, slot: Slot | None, time: datetime) -> tuple[Slot, Due | None]:
    """Return where an entry stands after a time, and the run it asks for, if it is due.

    Slots that passed while nobody looked are one run, not many. The first time an entry is seen,
    and after a change of its rule, it waits for its next slot.

    Parameters
    ----------
    slot : Slot or None
        As it stood; None where the entry is new.
    time : datetime
        With a time zone.
    """
    rule = rule_of(entry)
    if slot is None or slot.rule != rule:
        last = slot.last_at if slot else None
        return Slot(entry.name, rule, next_slot(entry, time), last), None
    if slot.next_at is None or time < slot.next_at:
        return slot, None
    passed, missed = slot.next_at, 0
    while missed < COUNTED and (later := next_slot(entry, passed)) is not None and later <= time:
        passed, missed = later, missed + 1
    moved = Slot(entry.name, rule, next_slot(entry, time), passed)
    if entry.latest_hours is not None and time - passed > timedelta(hours=entry.latest_hours):
        return moved, None
    return moved, Due(entry, passed, missed)


def next_slot(entry: CalendarEntry, time: datetime) -> datetime | None:
    """Return an entry's first slot after a time, in UTC; None where there is none any more."""
    found = slot_after(entry.cron, entry.timezone, time)
    return None if found is None else found.astimezone(UTC)
