"""Asking for runs without a person: what the calendar and the triggers want now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Protocol

from sqlalchemy import Engine, delete, insert, select

from server.database import now, trigger_marks
from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome
from server.promotion.candidate import State
from server.promotion.candidate_store import CandidateStore
from server.scheduling.calendar import Due, step
from server.scheduling.calendar_store import CalendarStore
from server.scheduling.history import learned_last
from server.scheduling.preparing import content_of
from server.scheduling.queue import RunQueue, new_request
from server.scheduling.request import BY_CALENDAR, BY_TRIGGER, RequestKind
from server.scheduling.settings import ScheduleSettings, TriggerSettings
from server.scheduling.triggers import Evidence, Wish, wishes
from shared.errors import JuntosError
from shared.watch.watch import Watch

# Triggers read the last watch, so not at every step.
TRIGGER_SECONDS = 5.0
RELEASE = "release"
IN_USE: tuple[State, ...] = ("everywhere", "confirmed")
# Of one that waits for a person, nobody knows whether it will ever be used.
ON_ITS_WAY: tuple[State, ...] = ("trained", "judged", "shadow", "canary")


class Watches(Protocol):
    """Where the newest watch is found."""

    def newest(self) -> Watch | None:
        """Return it; None before the first."""


class Asking:
    """Puts what is due into the queue.

    Parameters
    ----------
    home : CoordinatorHome
    warn : callable
        Gets a sentence when an entry cannot be followed.
    watches : Watches, optional
        The coordinator's own without it.
    """

    def __init__(
        self, home: CoordinatorHome, warn: Callable[[str], None], watches: Watches | None = None
    ) -> None:
        self._home, self._warn = home, warn
        self._queue, self._calendar = RunQueue(home.engine()), CalendarStore(home.engine())
        self._watches = watches or own_watches(home.engine())
        self._looked: datetime | None = None

    def ask(self, settings: ScheduleSettings, time: datetime) -> None:
        """Ask for everything that is due at a time; doing it twice is doing it once."""
        slots = self._calendar.read() if settings.calendar else {}
        for entry in settings.calendar:
            before = slots.get(entry.name)
            after, due = step(entry, before, time)
            if after != before:
                self._calendar.move(before, after, self._row(due) if due else None)
        if settings.triggers.any and self._is_time(time):
            self._look_at_triggers(settings.triggers)

    def _row(self, due: Due) -> dict[str, Any]:
        entry = due.entry
        return self._request(
            entry.kind, due.reason, entry.settings, "calendar", BY_CALENDAR, due.key
        )

    def _request(
        self,
        kind: RequestKind,
        reason: str,
        file: str,
        requested_by: str,
        priority: int,
        key: str,
    ) -> dict[str, Any]:
        """Return the row of a request; of a failed one where its settings file is of no use."""
        try:
            content = content_of(self._home.path, file)
        except JuntosError as error:
            self._warn(f"{reason} It could not begin: {error}")
            failed = {"status": "failed", "message": f"It could not begin: {error}"}
            row = new_request(kind, reason, {}, requested_by, priority, key)
            return {**row, **failed, "ended_at": now()}
        return new_request(kind, reason, content, requested_by, priority, key)

    def _is_time(self, time: datetime) -> bool:
        if self._looked and time - self._looked < timedelta(seconds=TRIGGER_SECONDS):
            return False
        self._looked = time
        return True

    def _look_at_triggers(self, settings: TriggerSettings) -> None:
        running = self._queue.running()
        busy = [*self._queue.waiting(), *([running] if running else [])]
        if any(each.kind == "learn" for each in busy):
            # What it finds is looked at again afterwards.
            return
        evidence = self._evidence()
        engine = self._home.engine()
        wanted = [each for each in wishes(settings, evidence) if not marked(engine, each.key)]
        if wanted:
            self._ask(settings, wanted)
            for each in wanted:
                # Also what was cancelled is not asked for again by the same evidence.
                mark(engine, each.key, each.reason)
        if not evidence.learned_release or any(each.trigger == "new_release" for each in wanted):
            mark(engine, RELEASE, evidence.release)

    def _ask(self, settings: TriggerSettings, wanted: list[Wish]) -> None:
        """Ask for one run for all that speaks for it."""
        reason = " ".join(each.reason for each in wanted)
        row = self._request(
            "learn", reason, settings.settings, "trigger", BY_TRIGGER, f"trigger:{wanted[0].key}"
        )
        self._queue.add(row)

    def _evidence(self) -> Evidence:
        engine = self._home.engine()
        contract = self._home.contracts().current()
        learned, names = learned_last(engine), set(hospital_names(engine).values())
        accepted = self._home.contracts().accepted(contract.hash, names)
        candidates = CandidateStore(engine).all()
        used = [each.deployed_at or "" for each in candidates if each.state in IN_USE]
        going = [each.id for each in candidates if each.state in ON_ITS_WAY]
        return Evidence(
            watch=self._watches.newest(),
            learned_at=learned.at,
            deployed_at=max(used, default=""),
            on_its_way=max(going, default=""),
            contract=contract.hash,
            learned_contract=learned.contract,
            contract_version=contract.contract.version,
            not_accepted=tuple(sorted(names - accepted)),
            release=version("juntos"),
            learned_release=marked(engine, RELEASE),
        )


def own_watches(engine: Engine) -> Watches:
    """Return the coordinator's own watches."""
    from server.watch.store import WatchStore

    return WatchStore(engine)


def marked(engine: Engine, name: str) -> str:
    """Return what a trigger has seen last; empty before the first time."""
    query = select(trigger_marks.c.value).where(trigger_marks.c.name == name)
    with engine.connect() as connection:
        return connection.execute(query).scalar_one_or_none() or ""


def mark(engine: Engine, name: str, value: str) -> None:
    """Write down what a trigger has seen."""
    with engine.begin() as connection:
        connection.execute(delete(trigger_marks).where(trigger_marks.c.name == name))
        connection.execute(insert(trigger_marks).values(name=name, value=value, since=now()))
