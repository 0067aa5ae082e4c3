"""Runs that a person starts at a terminal, under the same lease as those of the dispatcher."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from server.home import CoordinatorHome
from server.run_store import StoredRun
from server.scheduling.lease import BusyError, Lease
from server.scheduling.preparing import kind_of
from server.scheduling.queue import RunQueue
from shared.run_settings import RunSettings

INSTEAD = "Wait for its end, or ask for yours to come after it: juntos coordinator request KIND."


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
        yield


def busy(home: CoordinatorHome, queue: RunQueue) -> BusyError:
    """Say which run goes on, why, and who looks after it."""
    running = queue.running()
    holder = Lease(home.engine(), "").holder()
    by = f" {holder} looks after it." if holder else ""
    if running is None:
        return BusyError(f"The federation is busy.{by}", INSTEAD)
    return BusyError(
        f"{running.run_id} ({running.kind}) goes on, asked for by {running.requested_by}: "
        f"{running.reason}{by}",
        INSTEAD,
    )


@contextmanager
def _free(home: CoordinatorHome, queue: RunQueue) -> Iterator[None]:
    lease = Lease(home.engine(), f"{person()} at a terminal")
    if not lease.acquire():
        raise busy(home, queue)
    try:
        yield
    finally:
        lease.release()
