"""Runs that a person starts at a terminal, under the same lease as those of the dispatcher."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from server.accounts.actions import ActionLog, at_the_terminal
from server.home import CoordinatorHome
from server.run_store import RunStore, StoredRun
from server.scheduling.lease import BusyError, Lease, lease_holder
from server.scheduling.preparing import kind_of
from server.scheduling.queue import RunQueue
from server.scheduling.request import RunRequest
from shared.run_settings import RunSettings

INSTEAD = "Wait for its end, or ask for yours to come after it: juntos coordinator request KIND."

# For what follows from the run before.
PATIENCE_SECONDS = 180.0


def person() -> str:
    """Return who sits at the terminal, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # An account without a name, as containers have them.
        return "a person"


@contextmanager
def own_run(
    home: CoordinatorHome,
    settings: RunSettings,
    reason: str,
    content: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """Begin a run and look after it while the block runs; yield its id.

    What the block leaves undone, the dispatcher does: it sees the run to its end.

    Parameters
    ----------
    reason : str
        Why it runs, for the queue's record.
    content : mapping, optional
        The request's own settings, where they are not the run's.

    Raises
    ------
    BusyError
        When another run goes on, naming it and who looks after it.
    """
    queue = RunQueue(home.engine())
    with _free(home, queue):
        run = queue.begin(
            kind_of(settings), reason, person(), settings, home.contract().hash, content
        )
        if run is None:
            raise busy(home, queue)
        ActionLog(home.engine()).add(at_the_terminal(), "run.start", run, detail=reason)
        yield run


@contextmanager
def own_continuation(home: CoordinatorHome, run: StoredRun) -> Iterator[None]:
    """Look after a run that goes on while the block runs.

    Raises
    ------
    BusyError
        When another run goes on, or the dispatcher sees to this one.
    """
    queue = RunQueue(home.engine())
    with _free(home, queue):
        if not queue.go_on(run.id, kind_of(run.settings), f"{run.id} goes on.", person()):
            raise busy(home, queue)
        ActionLog(home.engine()).add(at_the_terminal(), "run.resume", run.id)
        yield


def busy(home: CoordinatorHome, queue: RunQueue) -> BusyError:
    """Say which run goes on, why, and who looks after it."""
    running = queue.running()
    holder = lease_holder(home.engine())
    by = f" {holder} looks after it." if holder else ""
    if running is None:
        return BusyError(f"The federation is busy.{by}", INSTEAD)
    if has_ended(home, running):
        return BusyError(
            f"What follows from {running.run_id} is not done yet.{by}",
            "`juntos coordinator status` says whether the service runs.",
        )
    return BusyError(
        f"{running.run_id} ({running.kind}) goes on, asked for by {running.requested_by}: "
        f"{running.reason}{by}",
        INSTEAD,
    )


def has_ended(home: CoordinatorHome, request: RunRequest) -> bool:
    """Return whether the run of a request has ended, and only what follows is to be done."""
    return RunStore(home.engine()).read(request.run_id or "").ended_at is not None


@contextmanager
def _free(home: CoordinatorHome, queue: RunQueue) -> Iterator[None]:
    lease = Lease(home.engine(), f"{person()} at a terminal")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _take(home, queue, lease):
        if time.monotonic() > deadline:
            raise busy(home, queue)
        time.sleep(0.5)
    try:
        yield
    finally:
        lease.release()


def _take(home: CoordinatorHome, queue: RunQueue, lease: Lease) -> bool:
    """Take the lease; return False where it is worth to wait for a moment.

    Raises
    ------
    BusyError
        When a run goes on.
    """
    running = queue.running()
    if running is None:
        return lease.acquire()
    if has_ended(home, running):
        # The service does what follows, which takes seconds.
        return False
    raise busy(home, queue)
