"""The right to look after the run that goes on: one holder at a time, whoever else tries."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from server.database import now, run_leases
from shared.errors import JuntosError

NAME = "run"
# Longer than a process is ever held up; one that died on this machine is noticed at once.
LEASE_SECONDS = 90.0
RENEW_SECONDS = 20.0


class BusyError(JuntosError):
    """Another process looks after a run now."""


@dataclass(frozen=True)
class Holder:
    """Who has the lease.

    Attributes
    ----------
    name : str
        In words: ``the coordinator's service``, ``ana at the terminal``.
    since : str
        ISO 8601, UTC.
    """

    name: str
    machine: str
    process: int
    process_created: float
    since: str
    until: float

    def is_gone(self, clock: float) -> bool:
        """Return whether it holds the lease no longer, without having given it back."""
        if self.until <= clock:
            return True
        if self.machine != socket.gethostname():
            return False
        try:
            process = psutil.Process(self.process)
            # Numbers of processes are used again.
            is_another = abs(process.create_time() - self.process_created) > 1.0
            return is_another or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def __str__(self) -> str:
        place = "" if self.machine == socket.gethostname() else f" on {self.machine}"
        return f"{self.name} (process {self.process}{place}, since {self.since[11:16]} UTC)"


class Lease:
    """One process's claim to look after the run that goes on.

    Parameters
    ----------
    engine : Engine
    holder : str
        Who asks, in words.
    clock : callable
        Returns seconds since 1970: what all machines agree on.
    """

    def __init__(self, engine: Engine, holder: str, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._holder, self._clock = engine, holder, clock
        self._token = uuid.uuid4().hex
        self._renewing: Renewing | None = None

    def acquire(self) -> bool:
        """Take the lease if nobody has it, and keep it until it is released.

        Returns
        -------
        bool
            Whether it is ours.
        """
        if self._renewing is not None and self._renewing.is_ours:
            return True
        self.release()
        if not self._take():
            return False
        self._renewing = Renewing(self.renew)
        return True

    def _take(self) -> bool:
        found = self.holder()
        if found is not None and not found.is_gone(self._clock()):
            return False
        try:
            with self._engine.begin() as connection:
                if found is not None and not removed(connection, found):
                    return False
                connection.execute(insert(run_leases).values(**self._row()))
        except IntegrityError:
            # Another process was faster.
            return False
        return True

    def renew(self) -> bool:
        """Hold the lease for longer; return whether it is still ours."""
        query = update(run_leases).where(
            run_leases.c.name == NAME, run_leases.c.token == self._token
        )
        with self._engine.begin() as connection:
            done = connection.execute(query.values(until=self._clock() + LEASE_SECONDS))
        return done.rowcount == 1

    def release(self) -> None:
        """Give the lease back, if it is ours."""
        if self._renewing is None:
            return
        self._renewing.end()
        self._renewing = None
        query = delete(run_leases).where(run_leases.c.token == self._token)
        with self._engine.begin() as connection:
            connection.execute(query)

    def holder(self) -> Holder | None:
        """Return who has the lease; None where nobody has."""
        return lease_holder(self._engine)

    def _row(self) -> dict[str, object]:
        process = psutil.Process()
        return {
            "name": NAME,
            "token": self._token,
            "holder": self._holder,
            "machine": socket.gethostname(),
            "process": os.getpid(),
            "process_created": process.create_time(),
            "since": now(),
            "until": self._clock() + LEASE_SECONDS,
        }


class Renewing:
    """A thread that says again and again that a lease is still wanted."""

    def __init__(self, renew: Callable[[], bool]) -> None:
        self._renew = renew
        self.is_ours = True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="juntos-lease", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop."""
        self._ended.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._ended.wait(RENEW_SECONDS):
            # What fails is tried again before the lease ends.
            with contextlib.suppress(SQLAlchemyError):
                self.is_ours = self._renew()


def removed(connection: Connection, holder: Holder) -> bool:
    """Remove the lease of a holder that is gone; return whether it was still the holder's."""
    query = delete(run_leases).where(
        run_leases.c.name == NAME,
        run_leases.c.process == holder.process,
        run_leases.c.until == holder.until,
    )
    return connection.execute(query).rowcount == 1


def lease_holder(engine: Engine) -> Holder | None:
    """Return who looks after a run now; None where nobody does."""
    columns = run_leases.c
    query = select(
        columns.holder,
        columns.machine,
        columns.process,
        columns.process_created,
        columns.since,
        columns.until,
    ).where(columns.name == NAME)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else Holder(*row)
