"""The dispatcher: asks for what is due, starts one run at a time, sees each to its end.

Everything it knows is in the database, and every step can be done again: killed anywhere and
started anew, it ends in the same place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from server.home import CoordinatorHome, open_home
from server.scheduling.asking import Asking
from server.scheduling.delays import held_back
from server.scheduling.history import learned_until
from server.scheduling.lease import Lease
from server.scheduling.preparing import prepared
from server.scheduling.queue import RunQueue
from server.scheduling.request import RunRequest
from server.scheduling.run_keeper import (
    LOOK_SECONDS,
    NO_FAILURE,
    AfterRun,
    RunKeeper,
    in_words,
    nothing,
    utc_now,
)
from server.scheduling.runner import Runner
from server.scheduling.settings import ScheduleSettings, read_schedule
from shared.errors import JuntosError

log = logging.getLogger("juntos.coordinator")

HOLDER = "the coordinator's service"
# How often what follows from runs is looked at without one: stages end after some time.
CATCH_UP_SECONDS = 15.0


def nothing_to_catch_up(_home: CoordinatorHome) -> None:
    """Do nothing."""


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
        self._home, self._catch_up = home, catch_up
        self._say, self._warn, self._clock, self._passed = say, warn, clock, passed
        self._queue, self._lease = RunQueue(home.engine()), Lease(home.engine(), HOLDER)
        self._asking = Asking(home, warn)
        self._keeper = RunKeeper(
            *(home, runner, self._lease, after_run, say, warn),
            clock=clock,
            passed=passed,
            look_seconds=look_seconds,
        )
        self._settings = ScheduleSettings()
        self._complaint, self._complaints = "", dict[str, str]()
        self._caught_up: datetime | None = None

    def step(self) -> bool:
        """Do what there is to do now; return whether a run goes on."""
        self._read_settings()
        self._guarded("The schedule", lambda: self._asking.ask(self._settings, self._clock()))
        self._passed("asked")
        running = self._queue.running()
        if running is None and (running := self._begin_next()) is None:
            self._lease.release()
            self._catch_up_sometimes()
            return False
        self._keeper.stop_if_wanted(running, self._settings.maximum_hours)
        # Where it is not ours, a person at a terminal looks after the run.
        if self._lease.acquire():
            self._keeper.look_after(running, self._settings.restarts)
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
                self._say_why(request, delay.reason)
                continue
            if not self._lease.acquire():
                holder = self._lease.holder()
                self._say_why(request, f"The federation is busy: {holder}.")
                return None
            return self._begin(request)
        return None

    def _say_why(self, request: RunRequest, reason: str) -> None:
        if request.message != reason:
            self._queue.say(request.id, reason)

    def _catch_up_sometimes(self) -> None:
        now, before = self._clock(), self._caught_up
        if before is not None and now - before < timedelta(seconds=CATCH_UP_SECONDS):
            return
        self._caught_up = now
        home = open_home(self._home.path)
        try:
            self._guarded("The loop", lambda: self._catch_up(home))
        finally:
            home.close()

    def _guarded(self, what: str, act: Callable[[], object]) -> None:
        """Do something whose failure must not hold up the queue; tell of each failure once."""
        complaint = ""
        try:
            act()
        except NO_FAILURE:
            raise
        except Exception as error:
            complaint = f"{what} is held up: {in_words(error)}"
            if self._complaints.get(what) != complaint:
                log.exception("%s is held up", what)
                self._warn(complaint)
        self._complaints[what] = complaint

    def _begin(self, request: RunRequest) -> RunRequest | None:
        home = open_home(self._home.path)
        try:
            with prepared(home, request) as ready:
                run = self._queue.claim(request.id, ready.settings, home.contract().hash)
        except NO_FAILURE:
            raise
        except Exception as error:
            # Whatever it is, the next request must not wait for it.
            log.info("Request %d could not begin", request.id, exc_info=True)
            self._queue.refuse(request.id, f"It could not begin: {in_words(error)}")
            self._warn(f"Request {request.id} ({request.kind}) could not begin: {in_words(error)}")
            return None
        finally:
            home.close()
        if run is None:
            return None
        self._passed("claimed")
        self._say(f"{run} ({request.kind}) begins: {request.reason}")
        return self._queue.read(request.id)
