"""Databases, by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from client.sources.mapping import SqlSettings
from client.sources.raw_table import (
    CHUNK_ROWS,
    FIRST_ROW,
    RawTable,
    consecutive_rows,
    existing_columns,
)
from shared.errors import DataError, SettingsError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, CursorResult, Engine

QUERY_FIX = "Try source.query in the database's own client; it must be one SELECT."


class SqlSource:
    """The rows of a query, in a transaction that is never committed.

    SQLite and PostgreSQL are also told to refuse every write; for others, give the URL of a user
    who may only read.

    The messages of databases quote the query and the values, and SQLAlchemy's the URL; none of
    them is passed on.

    Raises
    ------
    SettingsError
        When the URL is none, or its database driver is not installed.
    """

    def __init__(self, settings: SqlSettings, folder: Path) -> None:
        self._query = settings.query
        self._url = _parsed(settings.url.get_secret_value(), folder)

    @property
    def name(self) -> str:
        """The database's kind, host and name; neither user nor password nor options."""
        database = self._url.database or ""
        if self._url.get_backend_name() == "sqlite":
            return f"sqlite:{Path(database).name}"
        return f"{self._url.get_backend_name()}://{self._url.host or ''}/{database}"

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Stream the query's rows; columns that are not mapped are dropped unread."""
        from sqlalchemy import exc

        engine = self._engine()
        try:
            with self._connect(engine) as connection:
                try:
                    self._forbid_writing(connection)
                    # Without parameters, a % or a : in the query is left as it is.
                    connection.execution_options(stream_results=True, no_parameters=True)
                    yield from self._fetch(connection.exec_driver_sql(self._query), columns)
                except (exc.SQLAlchemyError, UnicodeError, ValueError):
                    raise DataError(f"{self.name} refused the query.", QUERY_FIX) from None
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, exc

        try:
            return create_engine(self._url)
        except ImportError:
            raise SettingsError(
                f"The database driver {self._url.drivername!r} is not installed.",
                "Install it beside Juntos, for example psycopg for postgresql+psycopg.",
            ) from None
        except (exc.SQLAlchemyError, ValueError):
            raise _bad_url() from None

    def _connect(self, engine: Engine) -> Connection:
        from sqlalchemy import exc

        try:
            return engine.connect()
        except (exc.SQLAlchemyError, OSError, ValueError, TypeError):
            raise DataError(
                f"{self.name} cannot be reached.",
                "Check that the database runs, and host, port, user and password in source.url.",
            ) from None

    def _forbid_writing(self, connection: Connection) -> None:
        if self._url.get_backend_name() == "sqlite":
            # SQLite would otherwise run DROP TABLE outside any transaction.
            connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.execution_options(postgresql_readonly=True)

    def _fetch(
        self, result: CursorResult[tuple[object, ...]], columns: Sequence[str]
    ) -> Iterator[RawTable]:
        if not result.returns_rows:
            raise DataError(f"{self.name}: the query returns no rows.", QUERY_FIX)
        places, problems = existing_columns(list(result.keys()), columns, self.name)
        # The first batch has the columns even where no row follows.
        nothing = pd.DataFrame(columns=list(places), dtype=object)
        yield RawTable(nothing, consecutive_rows(0), 0, problems)
        row = FIRST_ROW
        for chunk in result.columns(*places.values()).partitions(CHUNK_ROWS) if places else ():
            # Objects as the driver gave them: pandas would turn whole numbers with gaps into
            # floats.
            cells = pd.DataFrame(chunk, columns=list(places), dtype=object)
            yield RawTable(cells, consecutive_rows(len(cells), row), len(cells), problems)
            row += len(cells)


def _parsed(url: str, folder: Path) -> URL:
    """Return the URL; a relative SQLite file is looked for in `folder` and must exist."""
    from sqlalchemy import exc, make_url

    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise _bad_url() from None
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return parsed
    # SQLite would create an absent file and then find no tables in it.
    path = folder / str(parsed.database)
    if not str(parsed.database).startswith("file:") and not path.is_file():
        raise DataError(f"{path} does not exist.", "Correct source.url in the mapping.")
    return parsed if str(parsed.database).startswith("file:") else parsed.set(database=str(path))


def _bad_url() -> SettingsError:
    return SettingsError(
        "source.url is not the address of a database.",
        "Write it like postgresql+psycopg://user@host/database or sqlite:///file.db.",
    )
