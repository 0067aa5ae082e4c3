"""Transactions over one connection that is kept between them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from client.audit.database_file import DatabaseFile

# Pages of SQLite's log after which a commit also copies it into the database, which takes as long
# as many commits; `client.audit.checkpoints` does it beside them, so that this is seldom reached.
LARGEST_LOG = 8_000
# Between two looks whether SQLite's database is free.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.001, 0.02


class HeldError(OperationalError):
    """Another program holds SQLite's database."""


class Transactions:
    """One after the other, for whoever has the turn.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._file = DatabaseFile(engine)
        self._kept: Connection | None = None
        self._patience = 0.0

    @contextlib.contextmanager
    def begin(self, patience: float | None = None) -> Iterator[Connection]:
        """Return a connection in a transaction that is on the disk when the block has ended.

        After any failure the connection is thrown away, and with it what it had not written.

        Parameters
        ----------
        patience : float, optional
            Seconds to wait where another program holds SQLite's database; as long as its
            connections do without it.

        Raises
        ------
        HeldError
            When it is held for longer; nothing has happened then.
        DBAPIError, FileNotFoundError
            When the database cannot be used.
        """
        connection = self._begun(patience)
        try:
            yield connection
            execute(connection, "COMMIT")
        except BaseException:
            _throw_away(connection)
            raise
        self._kept = connection

    def close(self) -> None:
        """Close the connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    @property
    def are_local(self) -> bool:
        """Whether no network lies between this process and the disk."""
        return self._sqlite

    def _begun(self, patience: float | None) -> Connection:
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                return self._with_transaction(kept, patience)
            except DBAPIError:
                # PostgreSQL was restarted meanwhile; nothing has been written, so try anew.
                if self._sqlite:
                    raise
        return self._with_transaction(self._connected(), patience)

    def _connected(self) -> Connection:
        self._file.opened()
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if self._sqlite:
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={LARGEST_LOG}")
            # Waiting is done here, for as long as each transaction is patient.
            self._patience = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() / 1000
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
        return connection

    def _with_transaction(self, connection: Connection, patience: float | None) -> Connection:
        try:
            self._file.check()
            if self._sqlite:
                self._take(connection, self._patience if patience is None else patience)
            else:
                execute(connection, "BEGIN")
        except HeldError:
            self._kept = connection
            raise
        except BaseException:
            _throw_away(connection)
            raise
        return connection

    def _take(self, connection: Connection, patience: float) -> None:
        until, pause = time.monotonic() + patience, SHORTEST_PAUSE
        while True:
            try:
                execute(connection, "BEGIN IMMEDIATE")
            except OperationalError as error:
                if "locked" not in str(error.orig):
                    raise
                if time.monotonic() >= until:
                    raise HeldError("BEGIN", None, error.orig or error) from None
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return


def execute(
    connection: Connection, statement: str, rows: Sequence[tuple[object, ...]] | None = None
) -> None:
    """Have the driver itself run a statement: every answer waits for five of them.

    SQLAlchemy's own way takes longer for them than SQLite takes for its work.

    Parameters
    ----------
    rows : sequence of tuple, optional
        The statement is run for each; once and without values where it is not given.

    Raises
    ------
    DBAPIError
        As SQLAlchemy raises it.
    """
    driver: Any = connection.dialect.loaded_dbapi
    try:
        cursor = connection.connection.cursor()
        try:
            if rows is None:
                cursor.execute(statement)
            elif len(rows) == 1:
                cursor.execute(statement, rows[0])
            elif rows:
                cursor.executemany(statement, rows)
        finally:
            cursor.close()
    except driver.Error as error:
        # Errors must not print what was to be written.
        raise DBAPIError.instance(
            statement, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from None


def _throw_away(connection: Connection) -> None:
    with contextlib.suppress(DBAPIError):
        if not connection.invalidated:
            connection.invalidate()
        connection.close()
