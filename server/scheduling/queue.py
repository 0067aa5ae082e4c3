"""The queue of runs in the coordinator's database; at most one of them runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.database import now, run_requests
from server.run_store import create_run
from server.scheduling.request import BY_PERSON, KINDS, RequestKind, RequestStatus, RunRequest
from shared.errors import SettingsError
from shared.run_settings import RunSettings

# Of what is started at once by whoever writes it down.
RUNNING = {"status": "running", "attempts": 1}
# The order in which waiting requests go.
ORDER = (run_requests.c.priority.desc(), run_requests.c.id)


class _TakenBackError(Exception):
    """A request waits no longer."""


class RunQueue:
    """Reads and writes requests.

    That at most one runs is kept by the database itself: an index takes one row of that status.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def request(
        self,
        kind: RequestKind,
        reason: str,
        settings: Mapping[str, Any] | None = None,
        requested_by: str = "",
        priority: int = BY_PERSON,
        *,
        key: str | None = None,
    ) -> int:
        """Ask for a run; return the request's id.

        Parameters
        ----------
        key : str, optional
            What is asked for: a second request of the same key is the first one again.

        Raises
        ------
        SettingsError
            When the kind is unknown, or no reason is given.
        """
        row = new_request(kind, reason, settings or {}, requested_by, priority, key)
        return self.add(row)

    def add(self, row: Mapping[str, Any]) -> int:
        """Add a request; one of the same key is the first one again."""
        try:
            with self.engine.begin() as connection:
                return inserted(connection, row)
        except IntegrityError:
            with self.engine.connect() as connection:
                query = select(run_requests.c.id).where(run_requests.c.key == row["key"])
                return int(connection.execute(query).scalar_one())

    def read(self, identifier: int) -> RunRequest:
        """Return one request.

        Raises
        ------
        SettingsError
            When there is none of that id.
        """
        query = select(run_requests).where(run_requests.c.id == identifier)
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise SettingsError(
                f"There is no request {identifier}.", "`juntos coordinator queue` lists them."
            )
        return request_of(row._asdict())

    def all(self) -> list[RunRequest]:
        """Return every request, oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(run_requests).order_by(run_requests.c.id)).all()
        return [request_of(row._asdict()) for row in rows]

    def waiting(self) -> list[RunRequest]:
        """Return what waits, in the order in which it will go."""
        query = select(run_requests).where(run_requests.c.status == "waiting").order_by(*ORDER)
        with self.engine.connect() as connection:
            return [request_of(row._asdict()) for row in connection.execute(query)]

    def next(self) -> RunRequest | None:
        """Return what would go first if nothing held it back."""
        waiting = self.waiting()
        return waiting[0] if waiting else None

    def running(self) -> RunRequest | None:
        """Return the request whose run goes on, or whose end was not followed up yet."""
        query = select(run_requests).where(run_requests.c.status == "running")
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else request_of(row._asdict())

    def cancel(self, identifier: int, message: str = "cancelled") -> RunRequest:
        """Take back a request that waits; one that runs is to be stopped once it is seen.

        Returns
        -------
        RunRequest
            As it is now: ``cancelled``, or ``running`` with the wish to stop it written down.

        Raises
        ------
        SettingsError
            When there is none of that id, or it has ended.
        """
        with self.engine.begin() as connection:
            waiting = self._change(
                connection,
                identifier,
                "waiting",
                status="cancelled",
                message=message,
                ended_at=now(),
            )
            wish = waiting or self._change(connection, identifier, "running", stop_reason=message)
        found = self.read(identifier)
        if not wish:
            raise SettingsError(f"Request {identifier} is {found.status}; nothing is left to stop.")
        return found

    def claim(self, identifier: int, settings: RunSettings, contract_hash: str) -> str | None:
        """Begin the run of a request that waits, in one step.

        Returns
        -------
        str or None
            The run's id; None where another run goes on, or the request waits no longer.
        """
        try:
            with self.engine.begin() as connection:
                run = create_run(connection, settings, contract_hash)
                values = {"status": "running", "run_id": run, "started_at": now(), "message": ""}
                if not self._change(connection, identifier, "waiting", **values):
                    raise _TakenBackError
        except (IntegrityError, _TakenBackError):
            return None
        return run

    def begin(
        self,
        kind: RequestKind,
        reason: str,
        requested_by: str,
        settings: RunSettings,
        contract_hash: str,
        content: Mapping[str, Any] | None = None,
    ) -> str | None:
        """Write down a request whose run begins at once, by whoever holds the lease.

        Parameters
        ----------
        content : mapping, optional
            The request's own settings, where they are not the run's.

        Returns
        -------
        str or None
            The run's id; None where another run goes on.
        """
        if content is None:
            content = settings.model_dump(mode="json", exclude_defaults=True)
        values = new_request(kind, reason, content, requested_by, BY_PERSON, None)
        try:
            with self.engine.begin() as connection:
                run = create_run(connection, settings, contract_hash)
                inserted(connection, {**values, **RUNNING, "run_id": run, "started_at": now()})
        except IntegrityError:
            return None
        return run

    def go_on(self, run: str, kind: RequestKind, reason: str, requested_by: str) -> bool:
        """Write down that a run goes on; return False where another one does."""
        values = new_request(kind, reason, {}, requested_by, BY_PERSON, None)
        try:
            with self.engine.begin() as connection:
                inserted(connection, {**values, **RUNNING, "run_id": run, "started_at": now()})
        except IntegrityError:
            return False
        return True

    def of_run(self, run: str) -> RunRequest | None:
        """Return the last request that a run belongs to."""
        query = select(run_requests).where(run_requests.c.run_id == run)
        with self.engine.connect() as connection:
            row = connection.execute(query.order_by(run_requests.c.id.desc())).first()
        return None if row is None else request_of(row._asdict())

    def count_start(self, identifier: int) -> None:
        """Count that a request's run is about to be started."""
        query = update(run_requests).where(run_requests.c.id == identifier)
        with self.engine.begin() as connection:
            connection.execute(query.values(attempts=run_requests.c.attempts + 1))

    def refuse(self, identifier: int, message: str) -> None:
        """Write down that a request that waits could not begin."""
        with self.engine.begin() as connection:
            self._change(
                connection, identifier, "waiting", status="failed", message=message, ended_at=now()
            )

    def stop_reason(self, identifier: int) -> str:
        """Return why a run is to be stopped; empty where it is not."""
        query = select(run_requests.c.stop_reason).where(run_requests.c.id == identifier)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none() or ""

    def say(self, identifier: int, message: str) -> None:
        """Write down what a request waits for."""
        with self.engine.begin() as connection:
            self._change(connection, identifier, "waiting", message=message)

    def settle(self, identifier: int, status: RequestStatus, message: str) -> None:
        """Write down how a running request ended; one that has ended stays as it is."""
        with self.engine.begin() as connection:
            self._change(
                connection, identifier, "running", status=status, message=message, ended_at=now()
            )

    @staticmethod
    def _change(connection: Connection, identifier: int, was: str, **values: object) -> bool:
        query = update(run_requests).where(
            run_requests.c.id == identifier, run_requests.c.status == was
        )
        return connection.execute(query.values(**values)).rowcount == 1


def new_request(
    kind: RequestKind,
    reason: str,
    settings: Mapping[str, Any],
    requested_by: str,
    priority: int,
    key: str | None,
) -> dict[str, Any]:
    """Return the row of a request that waits.

    Raises
    ------
    SettingsError
        When the kind is unknown, or no reason is given.
    """
    if kind not in KINDS:
        raise SettingsError(f"There is no kind of run {kind!r}.", f"Kinds are {', '.join(KINDS)}.")
    if not reason.strip():
        raise SettingsError("A run needs a reason.", "Say why in a sentence.")
    return {
        "kind": kind,
        "reason": reason.strip(),
        "priority": priority,
        "settings": json.dumps(dict(settings)),
        "requested_by": requested_by,
        "requested_at": now(),
        "status": "waiting",
        "key": key,
    }


def inserted(connection: Connection, values: Mapping[str, object]) -> int:
    """Add a request; return its id."""
    found = connection.execute(insert(run_requests).values(**values)).inserted_primary_key
    if found is None:
        raise RuntimeError("the database gave no id")
    return int(found[0])


def request_of(row: Mapping[str, Any]) -> RunRequest:
    """Turn a database row into a request."""
    values = {name: row[name] for name in RunRequest.model_fields}
    return RunRequest.model_validate({**values, "settings": json.loads(row["settings"])})
