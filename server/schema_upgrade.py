"""Bringing the coordinator's database to the schema of this release, its content kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from shared.errors import SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

# The last file in server/migrations/versions; a test holds the two together.
NEWEST = "0003"
FIRST = "0001"
_VERSION_TABLE = "alembic_version"
# Any number will do, as long as it is always the same one.
_LOCK = 7_403_118


def upgrade_schema(engine: Engine) -> None:
    """Create or upgrade the tables; quick when there is nothing to do.

    Several processes may open the database at once; one upgrades, the others wait.

    Raises
    ------
    SettingsError
        When a newer release has been here.
    """
    if stored_revision(engine) == NEWEST:
        return
    with locked(engine) as connection:
        _upgrade(connection)


def stored_revision(engine: Engine) -> str | None:
    """Return the schema's revision; None when none is written down."""
    with engine.connect() as connection, contextlib.suppress(OperationalError, ProgrammingError):
        found = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608
        return found.scalar()
    return None


@contextlib.contextmanager
def locked(engine: Engine) -> Iterator[Connection]:
    """Hold everyone else off while the block runs; a block that fails changes nothing."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection
        return
    # Python's driver begins no transaction for a change of the schema, so this one is ours.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        try:
            yield connection
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.runtime.migration import MigrationContext

    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision > NEWEST:
        raise SettingsError(
            "The coordinator's database belongs to a newer release of Juntos.",
            "Install that release again, or restore a backup from before the upgrade.",
        )
    config = alembic_config(connection)
    if revision is None and inspect(connection).has_table("hospitals"):
        # Made before revisions were written down.
        command.stamp(config, FIRST)
    command.upgrade(config, NEWEST)


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for one connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("server") / "migrations"))
    config.attributes["connection"] = connection
    return config
