"""Databases: opened with errors that a person can use, upgraded while their content is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from shared.errors import SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION_TABLE = "alembic_version"
# Any number will do, as long as it is always the same one.
_LOCK = 7_403_118


@dataclass(frozen=True)
class Schema:
    """The tables of one database, and how earlier releases' become them.

    Attributes
    ----------
    owner : str
        Whose database it is, as errors say it: ``coordinator's database``.
    package : str
        Holds Alembic's scripts in its folder ``migrations``.
    newest : str
        The last revision there.
    setting : str
        Where its URL is written: ``database_url in coordinator.toml``.
    first : str
        The revision of a database from before revisions were written down.
    first_table : str
        By which such a database is known; empty where there never was one.
    pragmas : tuple of str
        For each connection to SQLite.
    """

    owner: str
    package: str
    newest: str
    setting: str
    first: str = ""
    first_table: str = ""
    # Several processes read and write at the same time.
    pragmas: tuple[str, ...] = ("journal_mode=WAL", "busy_timeout=15000")

    def open(self, url: str | URL) -> Engine:
        """Connect, and bring the tables to the schema of this release.

        Parameters
        ----------
        url : str or URL
            As SQLAlchemy reads it, for example ``sqlite:////srv/juntos/coordinator.db``.

        Raises
        ------
        SettingsError
            When the database cannot be opened.
        """
        try:
            # Errors of a statement must not print what was in it.
            engine = create_engine(url, hide_parameters=True)
            if engine.dialect.name == "sqlite":
                event.listen(engine, "connect", self._prepare_sqlite)
            self.upgrade(engine)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
            raise SettingsError(
                f"The {self.setting.split()[0]} is of no kind that is installed.",
                "Use sqlite:////PATH, or postgresql+psycopg://USER@HOST/NAME with psycopg "
                "installed.",
            ) from None
        except SQLAlchemyError as error:
            # The error's text may hold the URL with its password.
            raise SettingsError(
                f"The {self.owner} cannot be opened ({type(error).__name__}).",
                f"Check {self.setting}, and that the database runs.",
            ) from None
        return engine

    def _prepare_sqlite(self, connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in self.pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def upgrade(self, engine: Engine) -> None:
        """Create or upgrade the tables; quick when there is nothing to do.

        Several processes may open the database at once; one upgrades, the others wait.

        Raises
        ------
        SettingsError
            When a newer release has been here.
        """
        if stored_revision(engine) == self.newest:
            return
        with locked(engine) as connection:
            self._upgrade(connection)

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command
        from alembic.runtime.migration import MigrationContext

        revision = MigrationContext.configure(connection).get_current_revision()
        if revision is not None and revision > self.newest:
            raise SettingsError(
                f"The {self.owner} belongs to a newer release of Juntos.",
                "Install that release again, or restore a backup from before the upgrade.",
            )
        config = self.alembic_config(connection)
        if revision is None and self.first and inspect(connection).has_table(self.first_table):
            command.stamp(config, self.first)
        command.upgrade(config, self.newest)

    def alembic_config(self, connection: Connection) -> Config:
        """Return Alembic's configuration for one connection."""
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(resources.files(self.package) / "migrations"))
        config.attributes["connection"] = connection
        return config


def stored_revision(engine: Engine) -> str | None:
    """Return the schema's revision; None when none is written down."""
    with engine.connect() as connection, contextlib.suppress(OperationalError, ProgrammingError):
        found = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608
        return found.scalar()
    return None


@contextlib.contextmanager
def locked(engine: Engine, sqlite: str = "EXCLUSIVE") -> Iterator[Connection]:
    """Hold everyone else off while the block runs; a block that fails changes nothing.

    Parameters
    ----------
    sqlite : str
        SQLite's kind of transaction: ``IMMEDIATE`` lets others read.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection
        return
    # Python's driver begins no transaction for a change of the schema, so this one is ours.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"BEGIN {sqlite}")
        try:
            yield connection
        except BaseException:
            # On a full disk SQLite has rolled back by itself, and what went wrong is to be told.
            with contextlib.suppress(OperationalError):
                connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")
