"""A database by SQLAlchemy: reached, read in streams, never written to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from client.sources.database_errors import connection_error, query_error
from client.sources.raw_table import CHUNK_ROWS
from shared.errors import DataError, SettingsError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

CONNECT_SECONDS = 15
# Databases that are a file, which an absent one must not be made of.
FILE_BACKENDS = {"sqlite", "duckdb"}


class Database:
    """A database of a hospital, in transactions that are never committed.

    SQLite, DuckDB and PostgreSQL are also told to refuse every write; for others, give the URL of a
    user who may only read.

    The messages of databases quote the query and the values, and SQLAlchemy's the URL; none of
    them is passed on.

    Parameters
    ----------
    url : str
        Any SQLAlchemy URL; it may hold a password.
    folder : Path
        Where a relative path of a file starts.

    Raises
    ------
    SettingsError
        When the URL is none, or its database driver is not installed.
    DataError
        When it names a file that does not exist.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = _parsed(url, folder)

    @property
    def backend(self) -> str:
        """The kind of database, such as ``postgresql``."""
        return self._url.get_backend_name()

    @property
    def name(self) -> str:
        """The database's kind, host and name; neither user nor password nor options."""
        database = self._url.database or ""
        if self.backend in FILE_BACKENDS:
            return f"{self.backend}:{Path(database).name}"
        return f"{self.backend}://{self._url.host or ''}/{database}"

    @contextmanager
    def reading(self, fix: str, *, one_moment: bool = False) -> Iterator[Connection]:
        """Connect for reading in streams; what the database refuses becomes a DataError.

        Parameters
        ----------
        fix : str
            What to do when it refuses a query and the reason is none of the usual ones.
        one_moment : bool
            Whether all queries of the connection are to see the data of the same moment, where
            that has to be asked for.
        """
        from sqlalchemy import exc

        engine = self._engine()
        try:
            with self._connect(engine) as connection:
                try:
                    if one_moment and self.backend == "postgresql":
                        connection.execution_options(isolation_level="REPEATABLE READ")
                    self._forbid_writing(connection)
                    yield connection.execution_options(yield_per=CHUNK_ROWS)
                except (exc.SQLAlchemyError, UnicodeError, ValueError) as error:
                    raise query_error(error, self.name, fix) from None
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, exc

        arguments: dict[str, object] = {}
        if self.backend == "duckdb":
            arguments["read_only"] = True
        if self.backend == "postgresql" and "connect_timeout" not in self._url.query:
            arguments["connect_timeout"] = CONNECT_SECONDS
        try:
            return create_engine(self._url, connect_args=arguments)
        except (ImportError, exc.NoSuchModuleError):
            raise SettingsError(
                f"The database driver {self._url.drivername!r} is not installed.",
                "Install it beside Juntos, for example psycopg for postgresql+psycopg, or "
                "duckdb-engine for duckdb.",
            ) from None
        except (exc.SQLAlchemyError, ValueError):
            raise _bad_url() from None

    def _connect(self, engine: Engine) -> Connection:
        from sqlalchemy import exc

        try:
            return engine.connect()
        except (exc.SQLAlchemyError, OSError, ValueError, TypeError) as error:
            raise connection_error(error, self.name) from None

    def _forbid_writing(self, connection: Connection) -> None:
        if self.backend == "sqlite":
            # SQLite would otherwise run DROP TABLE outside any transaction.
            connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.execution_options(postgresql_readonly=True)


def _parsed(url: str, folder: Path) -> URL:
    """Return the URL; a relative file is looked for in `folder` and must exist."""
    from sqlalchemy import exc, make_url

    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (exc.ArgumentError, ValueError):
        raise _bad_url() from None
    named = parsed.database or ""
    if backend not in FILE_BACKENDS or named in {"", ":memory:"} or named.startswith("file:"):
        return parsed
    # An absent file would be created, and then have no tables.
    path = folder / named
    if not path.is_file():
        raise DataError(f"{path} does not exist.", "Correct source.url in the mapping.")
    return parsed.set(database=str(path))


def _bad_url() -> SettingsError:
    return SettingsError(
        "source.url is not the address of a database.",
        "Write it like postgresql+psycopg://user@host/database or sqlite:///file.db.",
    )
