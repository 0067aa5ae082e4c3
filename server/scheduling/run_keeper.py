"""A run that goes on, seen to its end: started, looked at, stopped, followed up."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import InterfaceError, OperationalError

from server.home import CoordinatorHome, open_home
from server.run_store import RunStore, StoredRun
from server.scheduling.lease import Lease
from server.scheduling.preparing import place_files
from server.scheduling.queue import RunQueue
from server.scheduling.request import RequestStatus, RunRequest
from server.scheduling.runner import Runner
from server.scheduling.watching_run import state_of_run
from shared.errors import JuntosError
from shared.processes import StopRequestedError

log = logging.getLogger("juntos.coordinator")

# How often Flower is asked, which starts a program of its own.
LOOK_SECONDS = 15.0
# What follows from a run is tried so many times.
FOLLOWING_TRIES = 3

# Whoever stops the service, and a database that is away: what was begun is done again later.
NO_FAILURE = (StopRequestedError, OperationalError, InterfaceError)

AfterRun = Callable[[CoordinatorHome, str], object]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def nothing(_point: str) -> None:
    """Ignore that a point was passed."""


class RunKeeper:
    """Looks after the run that goes on.

    Parameters
    ----------
    home : CoordinatorHome
    runner : Runner
        Carries out runs.
    lease : Lease
        Given back when a run has ended.
    after_run : callable
        Does what follows from a run that ended; doing it twice is doing it once.
    say, warn : callable
        Get sentences for people.
    clock : callable
        Returns the time, with a time zone.
    passed : callable
        Is told of each point at which the coordinator could be killed.
    look_seconds : float
        How often the runner is asked.
    """

    def __init__(
        self,
        home: CoordinatorHome,
        runner: Runner,
        lease: Lease,
        after_run: AfterRun,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        *,
        clock: Callable[[], datetime] = utc_now,
        passed: Callable[[str], None] = nothing,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._home, self._runner, self._lease = home, runner, lease
        self._after_run, self._say, self._warn = after_run, say, warn
        self._clock, self._passed, self._look_seconds = clock, passed, look_seconds
        self._queue, self._store = RunQueue(home.engine()), RunStore(home.engine())
        self._looked: datetime | None = None
        self._tries = 0

    def look_after(self, request: RunRequest, restarts: int) -> None:
        """Bring a run whose lease is ours one step further.

        Parameters
        ----------
        restarts : int
            How often it goes on after its process was killed.
        """
        run = self._store.read(request.run_id or "")
        if run.ended_at is not None:
            self._follow_up(request, run)
        elif request.attempts == 0:
            self._start(request, run)
        elif self._is_time_to_look():
            self._look(request, run, restarts)

    def _is_time_to_look(self) -> bool:
        now, looked = self._clock(), self._looked
        if looked is not None and now - looked < timedelta(seconds=self._look_seconds):
            return False
        self._looked = now
        return True

    def _look(self, request: RunRequest, run: StoredRun, restarts: int) -> None:
        try:
            state = state_of_run(self._store, self._runner, run.id)
        except JuntosError as error:
            # The SuperLink is being started again; it remembers its runs.
            log.warning("%s cannot be seen now: %s", run.id, error)
            return
        if state == "not_started":
            self._start(request, run)
        elif state == "dead":
            self._restart(request, run, restarts)

    def _start(self, request: RunRequest, run: StoredRun) -> None:
        """Have a run carried out, with everything that it brings."""
        home = open_home(self._home.path)
        try:
            place_files(home, request, run)
            self._passed("placed")
            self._queue.count_start(request.id)
            self._passed("counted")
            name = self._runner.start(run.id)
            self._passed("started")
        except NO_FAILURE:
            raise
        except Exception as error:
            log.exception("%s could not be started", run.id)
            self._store.finish(run.id, "failed", f"It could not be started: {in_words(error)}")
            return
        finally:
            home.close()
        self._looked = self._clock()
        # Where another of Flower's runs was faster, this one ends by itself.
        self._store.attach(run.id, name)
        self._passed("recorded")

    def _restart(self, request: RunRequest, run: StoredRun, restarts: int) -> None:
        """Have a run go on whose process was killed, as often as the settings say."""
        if request.attempts > restarts:
            self._store.finish(
                run.id,
                "failed",
                f"Its process was killed {request.attempts} times; see {self._home.logs}.",
            )
            return
        self._warn(f"{run.id}: its process was killed; it goes on from its last finished round.")
        with contextlib.suppress(JuntosError):
            # Flower may still wait for what was killed.
            self._runner.stop(run.flower_run_id or "")
        self._store.reopen(run.id)
        self._passed("reopened")
        self._start(request, self._store.read(run.id))

    def stop_if_wanted(self, request: RunRequest, hours: float) -> None:
        """End a run that somebody wants to end, or that takes too long, whoever looks after it.

        Parameters
        ----------
        hours : float
            That a run may take.
        """
        reason, run = self._reason_to_stop(request, hours), request.run_id or ""
        if not reason or self._store.read(run).ended_at is not None:
            return
        try:
            if state_of_run(self._store, self._runner, run) == "alive":
                self._runner.stop(self._store.read(run).flower_run_id or "")
        except JuntosError as error:
            log.warning("%s could not be stopped yet: %s", run, error)
            return
        self._passed("stopped")
        if self._store.read(run).ended_at is None:
            self._store.finish(run, "stopped", reason)
            self._warn(f"{run} was stopped: {reason}")

    def _reason_to_stop(self, request: RunRequest, hours: float) -> str:
        wish = self._queue.stop_reason(request.id)
        if wish or request.started_at is None:
            return wish
        if self._clock() - datetime.fromisoformat(request.started_at) > timedelta(hours=hours):
            return f"It took longer than {hours:g} h, the most that schedule.toml allows."
        return ""

    def _follow_up(self, request: RunRequest, run: StoredRun) -> None:
        """Do what follows from a run that ended, then let the next one come."""
        self._passed("ended")
        home = open_home(self._home.path)
        trouble = ""
        try:
            self._after_run(home, run.id)
        except NO_FAILURE:
            raise
        except Exception as error:
            self._tries += 1
            trouble = f" What follows from it failed: {in_words(error)}"
            log.exception("What follows from %s failed", run.id)
            if self._tries < FOLLOWING_TRIES:
                return
            self._warn(f"{run.id}:{trouble}")
        finally:
            home.close()
        self._passed("followed")
        self._tries, self._looked = 0, None
        self._queue.settle(request.id, settled(run, request, self._queue), run.message + trouble)
        self._lease.release()
        self._say(f"{run.id} ({request.kind}) {run.status}: {run.message}")
        self._passed("settled")


def settled(run: StoredRun, request: RunRequest, queue: RunQueue) -> RequestStatus:
    """Return how a request ended, by its run."""
    if run.status in ("completed", "partial"):
        return "done"
    return "cancelled" if queue.stop_reason(request.id) else "failed"


def in_words(error: Exception) -> str:
    """Return what may be told of an error: of one that nobody expected its kind alone."""
    return str(error) if isinstance(error, JuntosError) else type(error).__name__
