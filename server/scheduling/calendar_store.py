"""Where each calendar entry stands, kept over restarts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.database import calendar_slots, run_requests
from server.scheduling.calendar import Slot, key_of
from server.scheduling.queue import inserted


class CalendarStore:
    """Reads and writes slots."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> dict[str, Slot]:
        """Return all slots by the name of their entry."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(calendar_slots)).all()
        return {
            row.entry: Slot(row.entry, row.rule, time_of(row.next_at), time_of(row.last_at))
            for row in rows
        }

    def move(self, before: Slot | None, after: Slot, request: dict[str, Any] | None) -> bool:
        """Keep where an entry stands now, and ask for its run, both or neither.

        Nothing is asked for while the entry's last run still waits.

        Parameters
        ----------
        request : dict or None
            The row of its run, where it is due.

        Returns
        -------
        bool
            False where another process was faster.
        """
        try:
            with self._engine.begin() as connection:
                if not moved(connection, before, after):
                    return False
                if request is not None and not still_waits(connection, after.entry):
                    inserted(connection, request)
        except IntegrityError:
            return False
        return True


def moved(connection: Connection, before: Slot | None, after: Slot) -> bool:
    """Write a slot in place of the one that was read; return whether it still was that one."""
    values = {
        "rule": after.rule,
        "next_at": text_of(after.next_at),
        "last_at": text_of(after.last_at),
    }
    if before is None:
        connection.execute(insert(calendar_slots).values(entry=after.entry, **values))
        return True
    query = update(calendar_slots).where(
        calendar_slots.c.entry == before.entry,
        calendar_slots.c.rule == before.rule,
        calendar_slots.c.next_at.is_not_distinct_from(text_of(before.next_at)),
    )
    return connection.execute(query.values(**values)).rowcount == 1


def still_waits(connection: Connection, entry: str) -> bool:
    """Return whether a run that an entry asked for before still waits."""
    query = select(run_requests.c.id).where(
        run_requests.c.status == "waiting",
        run_requests.c.key.startswith(key_of(entry), autoescape=True),
    )
    return connection.execute(query).first() is not None


def text_of(time: datetime | None) -> str | None:
    """Return a time as the database keeps it."""
    return None if time is None else time.isoformat()


def time_of(text: str | None) -> datetime | None:
    """Return a time that the database kept."""
    return None if text is None else datetime.fromisoformat(text)
