"""Taking contents away: of one patient, or what was kept for long enough. The chains stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, and_, delete, func, select

from client.audit.common_chain import append
from client.audit.tables import contents, entries
from client.audit.unavailable import told
from shared.database import locked

# Few enough that nobody who wants an answer waits long.
_AT_ONCE = 2_000

ERASURE, RETENTION = "erasure", "retention"


def erase(engine: Engine, patient: str) -> int:
    """Take away the contents of all entries about a patient; return how many.

    Raises
    ------
    AuditUnavailableError
        When the database cannot be written.
    """
    if not patient:
        return 0
    with told():
        with _overwriting(engine) as connection:
            gone = connection.execute(delete(contents).where(contents.c.patient == patient))
            if gone.rowcount:
                append(connection, "removal", {"count": gone.rowcount, "reason": ERASURE})
        if gone.rowcount:
            _leave_no_copy(engine)
    return gone.rowcount


def remove_older(engine: Engine, days: int) -> int:
    """Take away contents that were written longer ago; return how many.

    Raises
    ------
    AuditUnavailableError
        When the database cannot be written.
    """
    oldest = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
    total = 0
    with told():
        for chain in _chains(engine):
            while count := _remove_some(engine, chain, oldest):
                total += count
        if total:
            _leave_no_copy(engine)
    return total


def _chains(engine: Engine) -> Iterator[str]:
    """Yield the chains that have contents, one jump in the index each."""
    chain: str | None = ""
    while chain is not None:
        following = select(func.min(contents.c.chain)).where(contents.c.chain > chain)
        with engine.connect() as connection:
            chain = connection.execute(following).scalar_one()
        if chain is not None:
            yield chain


def _remove_some(engine: Engine, chain: str, oldest: str) -> int:
    """Take away the oldest contents of a chain, whose times grow with its numbers."""
    same = and_(contents.c.chain == entries.c.chain, contents.c.number == entries.c.number)
    first = (
        select(contents.c.number, entries.c.time)
        .join(entries, same)
        .where(contents.c.chain == chain)
        .order_by(contents.c.number)
        .limit(_AT_ONCE)
    )
    with _overwriting(engine) as connection:
        due = [row.number for row in connection.execute(first) if row.time < oldest]
        if not due:
            return 0
        last = contents.c.number <= due[-1]
        gone = connection.execute(delete(contents).where(contents.c.chain == chain, last))
        append(connection, "removal", {"count": gone.rowcount, "reason": RETENTION})
        return gone.rowcount


@contextmanager
def _overwriting(engine: Engine) -> Iterator[Connection]:
    """Return a transaction in which SQLite writes zeros over what is deleted."""
    with locked(engine, "IMMEDIATE") as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
        yield connection


def _leave_no_copy(engine: Engine) -> None:
    """Have the database let go of the pages that still hold what was deleted."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name != "sqlite":
            connection.exec_driver_sql("VACUUM audit_contents")
            return
        # Whoever reads for long keeps the old pages; those who want to write must not wait for it.
        connection.exec_driver_sql("PRAGMA busy_timeout=500")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.detach()
