"""Transactions over one connection that is kept between them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError


class Transactions:
    """One after the other, for whoever has the turn.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._kept: Connection | None = None

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Return a connection in a transaction that is on the disk when the block has ended.

        After any failure the connection is thrown away, and with it what it had not written.
        """
        connection = self._begun()
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            _throw_away(connection)
            raise
        self._kept = connection

    def close(self) -> None:
        """Close the connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _begun(self) -> Connection:
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                return self._with_transaction(kept)
            except DBAPIError:
                # PostgreSQL was restarted meanwhile; nothing has been written, so try anew.
                if self._sqlite:
                    raise
        return self._with_transaction(
            self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        )

    def _with_transaction(self, connection: Connection) -> Connection:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self._sqlite else "BEGIN")
        except BaseException:
            _throw_away(connection)
            raise
        return connection


def _throw_away(connection: Connection) -> None:
    with contextlib.suppress(DBAPIError):
        if not connection.invalidated:
            connection.invalidate()
        connection.close()
