"""The daily job at its hour, as one part of the service."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from client.home import NodeHome
from shared.errors import JuntosError
from shared.processes import ChildProcess, program
from shared.supervision.backoff import Backoff
from shared.supervision.part import PartState, changed, now

SHOWN_CHARACTERS = 300


def local_time() -> datetime:
    """Return the time by the clocks of the hospital."""
    return datetime.now().astimezone()


class DailyPart:
    """Starts the daily job once a day; one that failed again, as it goes on where it ended.

    A day whose hour passed while the service was down is made up for when it starts.

    Parameters
    ----------
    home : NodeHome
    hour : str or None
        ``HH:MM`` by the hospital's clocks; None for no job.
    backoff : Backoff
    last : callable
        Returns the last day that the job finished, ``2026-11-30``; empty where there is none.
    warn : callable
        Gets a sentence when it failed.
    clock : callable
    command : sequence of str, optional
        That does the work; the day is added.
    """

    name = "daily"

    def __init__(
        self,
        home: NodeHome,
        hour: str | None,
        backoff: Backoff,
        last: Callable[[], str],
        warn: Callable[[str], None],
        *,
        clock: Callable[[], datetime] = local_time,
        command: list[str] | None = None,
    ) -> None:
        self._home, self._hour, self._backoff, self._warn = home, hour, backoff, warn
        self._last, self._clock = last, clock
        self._command = command or [
            *(program("juntos"), "node", "daily", "--home", str(home.path), "--date")
        ]
        self._child: ChildProcess | None = None
        self._day = ""
        self._done = ""
        reason = "" if hour else "No hour is set: `daily_at` in service.toml."
        self.state = PartState("off", now(), reason=reason)

    def step(self) -> None:
        """Start the job when it is time, or see how it ended."""
        if self._child is not None:
            if not self._child.running:
                self._ended(self._child)
        elif self._hour and self._backoff.due and self._is_time(self._hour):
            self._start()

    def stop(self) -> None:
        """End a job that runs; the next one goes on from there."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _is_time(self, hour: str) -> bool:
        time = self._clock()
        day = time.date().isoformat()
        if self._done >= day or f"{time:%H:%M}" < hour:
            return False
        self._done = max(self._done, self._last())
        self._day = day
        return self._done < day

    def _start(self) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        log_file = self._home.logs / "daily.log"
        self._child = ChildProcess([*self._command, self._day], environment, log_file)
        self._backoff.started()
        self.state = changed(self.state, "up", reason=self.state.reason)

    def _ended(self, child: ChildProcess) -> None:
        self._child = None
        if child.exit_code == 0:
            self._done = self._day
            self.state = changed(self.state, "off", reason=f"Done for {self._day}.")
            return
        wait = self._backoff.failed()
        lines = [line for line in child.log_text().splitlines() if line.startswith("error: ")]
        said = f" {lines[-1].removeprefix('error: ')[:SHOWN_CHARACTERS]}" if lines else ""
        why = f"The daily job of {self._day} failed (its log is {child.log_file}).{said}"
        if why != self.state.reason:
            self._warn(f"{why} It is tried again in {wait:.0f} s.")
        self.state = changed(self.state, "restarting", restarts=1, reason=why)


def last_day(home: NodeHome) -> str:
    """Return the last day that the daily job finished; empty where nobody can tell.

    The job does nothing twice, and says itself what is wrong with the database.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from client.daily.record_book import RecordBook
    from client.privacy.database import database_url
    from client.privacy.tables import SCHEMA

    try:
        engine = SCHEMA.open(database_url(home))
        try:
            found = RecordBook(engine).last_day()
        finally:
            engine.dispose()
    except (JuntosError, SQLAlchemyError):
        return ""
    return "" if found is None else found.day
