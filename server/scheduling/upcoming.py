"""What comes next, when and why."""

from __future__ import annotations

from datetime import datetime

from server.home import CoordinatorHome
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
    source: str
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
    raise NotImplementedError
