"""The dispatcher: asks for what is due, starts one run at a time, sees each to its end.

Everything it knows is in the database, and every step can be done again: killed anywhere and
started anew, it ends in the same place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from server.home import CoordinatorHome, open_home
from server.run_store import RunStore, StoredRun
from server.scheduling.asking import Asking
from server.scheduling.delays import held_back
from server.scheduling.history import learned_until
from server.scheduling.lease import Lease
from server.scheduling.preparing import place_files, prepared
from server.scheduling.queue import RunQueue
from server.scheduling.request import RequestStatus, RunRequest
from server.scheduling.runner import Runner
from server.scheduling.settings import ScheduleSettings, read_schedule
from server.scheduling.watching_run import state_of_run
from shared.errors import JuntosError

log = logging.getLogger("juntos.coordinator")

HOLDER = "the coordinator's service"
# How often Flower is asked, which starts a program of its own.
LOOK_SECONDS = 15.0
# What follows from a run is tried so many times.
FOLLOWING_TRIES = 3

# How often what follows from runs is looked at without one: stages end after some time.
CATCH_UP_SECONDS = 15.0

AfterRun = Callable[[CoordinatorHome, str], object]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def nothing_to_catch_up(_home: CoordinatorHome) -> None:
    """Do nothing."""


def nothing(_point: str) -> None:
    """Ignore that a point was passed."""


class Dispatcher:
    """Sees to the queue of one federation.

    Parameters
    ----------
    home : CoordinatorHome
    runner : Runner
        Carries out runs.
    after_run : callable
        Does what follows from a run that ended; doing it twice is doing it once.
    say, warn : callable
        Get sentences for people.
    catch_up : callable
        Does what follows from the time that has passed since.
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
        after_run: AfterRun,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        *,
        catch_up: Callable[[CoordinatorHome], object] = nothing_to_catch_up,
        clock: Callable[[], datetime] = utc_now,
        passed: Callable[[str], None] = nothing,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._home, self._runner = home, runner
        self._after_run, self._catch_up = after_run, catch_up
        self._say, self._warn, self._clock, self._passed = say, warn, clock, passed
        self._queue, self._store = RunQueue(home.engine()), RunStore(home.engine())
        self._lease = Lease(home.engine(), HOLDER)
        self._asking = Asking(home, warn)
        self._settings = ScheduleSettings()
        self._complaint = self._complaint_of_loop = ""
        self._looked: datetime | None = None
        self._caught_up: datetime | None = None
        self._look_seconds = look_seconds
        self._tries = 0

    def step(self) -> bool:
        """Do what there is to do now; return whether a run goes on."""
        self._read_settings()
        self._asking.ask(self._settings, self._clock())
        self._passed("asked")
        running = self._queue.running()
        if running is None and (running := self._begin_next()) is None:
            self._lease.release()
            self._catch_up_sometimes()
            return False
        self._stop_if_wanted(running)
        # Where it is not ours, a person at a terminal looks after the run.
        if self._lease.acquire():
            self._look_after(running)
        return True

    def close(self) -> None:
        """Let go; what runs goes on, and is looked after by whoever comes next."""
        self._lease.release()

    def _read_settings(self) -> None:
        try:
            self._settings = read_schedule(self._home.path)
            self._complaint = ""
        except JuntosError as error:
            if self._complaint != (complaint := str(error)):
                self._complaint = complaint
                self._warn(f"{complaint} Until then the schedule is as it was.")

    def _begin_next(self) -> RunRequest | None:
        """Begin the first of the waiting requests that nothing holds back."""
        learned = learned_until(self._home.engine())
        for request in self._queue.waiting():
            delay = held_back(request, self._settings, self._clock(), learned)
            if delay is not None:
                self._queue.say(request.id, delay.reason)
                continue
            if not self._lease.acquire():
                holder = self._lease.holder()
                self._queue.say(request.id, f"The federation is busy: {holder}.")
                return None
            return self._begin(request)
        return None

    def _catch_up_sometimes(self) -> None:
        now, before = self._clock(), self._caught_up
        if before is not None and now - before < timedelta(seconds=CATCH_UP_SECONDS):
            return
        self._caught_up = now
        home = open_home(self._home.path)
        try:
            self._catch_up(home)
        except SQLAlchemyError:
            raise
        except Exception as error:
            told = str(error) if isinstance(error, JuntosError) else type(error).__name__
            if self._complaint_of_loop != (complaint := f"The loop is held up: {told}"):
                self._complaint_of_loop = complaint
                log.exception("The loop is held up")
                self._warn(complaint)
        else:
            self._complaint_of_loop = ""
        finally:
            home.engine().dispose()

    def _begin(self, request: RunRequest) -> RunRequest | None:
        home = open_home(self._home.path)
        try:
            with prepared(home, request) as ready:
                run = self._queue.claim(request.id, ready.settings, home.contract().hash)
        except JuntosError as error:
            self._queue.refuse(request.id, f"It could not begin: {error}")
            self._warn(f"Request {request.id} ({request.kind}) could not begin: {error}")
            return None
        finally:
            home.engine().dispose()
        if run is None:
            return None
        self._passed("claimed")
        self._say(f"{run} ({request.kind}) begins: {request.reason}")
        return self._queue.read(request.id)

    def _look_after(self, request: RunRequest) -> None:
        run = self._store.read(request.run_id or "")
        if run.ended_at is not None:
            self._follow_up(request, run)
        elif request.attempts == 0:
            self._start(request, run)
        elif self._is_time_to_look():
            self._look(request, run)

    def _is_time_to_look(self) -> bool:
        now, looked = self._clock(), self._looked
        if looked is not None and now - looked < timedelta(seconds=self._look_seconds):
            return False
        self._looked = now
        return True

    def _look(self, request: RunRequest, run: StoredRun) -> None:
        try:
            state = state_of_run(self._store, self._runner, run.id)
        except JuntosError as error:
            # The SuperLink is being started again; it remembers its runs.
            log.warning("%s cannot be seen now: %s", run.id, error)
            return
        if state == "not_started":
            self._start(request, run)
        elif state == "dead":
            self._restart(request, run)

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
        except JuntosError as error:
            self._store.finish(run.id, "failed", f"It could not be started: {error}")
            return
        finally:
            home.engine().dispose()
        self._looked = self._clock()
        if not self._store.attach(run.id, name):
            self._runner.stop(name)
        self._passed("recorded")

    def _restart(self, request: RunRequest, run: StoredRun) -> None:
        """Have a run go on whose process was killed, as often as the settings say."""
        if request.attempts > self._settings.restarts:
            self._store.finish(
                run.id,
                "failed",
                f"Its process was killed {request.attempts} times; see {self._home.logs}.",
            )
            return
        self._warn(f"{run.id}: its process was killed; it goes on from its last finished round.")
        self._store.reopen(run.id)
        self._passed("reopened")
        self._start(request, self._store.read(run.id))

    def _stop_if_wanted(self, request: RunRequest) -> None:
        """End a run that takes too long, or that somebody wants to end, whoever looks after it."""
        reason, run = self._reason_to_stop(request), request.run_id or ""
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

    def _reason_to_stop(self, request: RunRequest) -> str:
        wish = self._queue.stop_reason(request.id)
        if wish or request.started_at is None:
            return wish
        hours = self._settings.maximum_hours
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
        except SQLAlchemyError:
            # The database is away: nothing could be written down either.
            raise
        except Exception as error:
            self._tries += 1
            told = str(error) if isinstance(error, JuntosError) else type(error).__name__
            trouble = f" What follows from it failed: {told}"
            log.exception("What follows from %s failed", run.id)
            if self._tries < FOLLOWING_TRIES:
                return
            self._warn(f"{run.id}:{trouble}")
        finally:
            home.engine().dispose()
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
