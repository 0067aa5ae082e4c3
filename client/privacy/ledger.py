"""The ledger: what has left this hospital, in the order it left, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import URL, Connection, Engine, Select, func, select

from client.privacy.entry import Entry, refuse_broken_chain
from client.privacy.tables import SCHEMA, ledger
from shared.database import locked

_PAGE = 10_000


def time_text(time: datetime) -> str:
    """Return a time as entries have it."""
    return time.astimezone(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class OpenLedger:
    """The ledger while nobody else writes; a block that fails leaves it as it was.

    Attributes
    ----------
    recipient, code : str
        Of all entries that are added; another recipient where the entry names one.
    """

    connection: Connection
    recipient: str
    code: str

    def append(self, entry: Entry) -> Entry:
        """Add an entry at the end; return it with its number, time and hash."""
        last = _first(self.connection, select(ledger).order_by(ledger.c.number.desc()).limit(1))
        own = replace(entry, recipient=entry.recipient or self.recipient, code=self.code)
        placed = own.after(last, time_text(datetime.now(UTC)))
        self.connection.execute(ledger.insert(), asdict(placed))
        return placed

    def after(self, number: int) -> Iterator[Entry]:
        """Return the entries after one, in order."""
        return _entries(self.connection, number)

    def count_purpose(self, purpose: str) -> int:
        """Return how many entries have a purpose."""
        found = select(func.count()).select_from(ledger).where(ledger.c.purpose == purpose)
        return int(self.connection.execute(found).scalar_one())

    def last_before(self, time: str) -> Entry | None:
        """Return the last entry before a time; None without any."""
        found = select(ledger).where(ledger.c.time < time)
        return _first(self.connection, found.order_by(ledger.c.number.desc()).limit(1))


class Ledger:
    """The ledger of one hospital; any number of processes may use it at once.

    Parameters
    ----------
    url : str or URL
        SQLite or PostgreSQL.
    recipient : str
        Who asks: the federation and its coordinator.
    code : str
        What answers: version and hash of the software.

    Raises
    ------
    SettingsError
        When the database cannot be opened.
    """

    def __init__(self, url: str | URL, recipient: str, code: str) -> None:
        self.engine: Engine = SCHEMA.open(url)
        self._recipient = recipient
        self._code = code

    @contextmanager
    def writing(self) -> Iterator[OpenLedger]:
        """Hold off all who write while the block runs; it is on the disk when it has ended."""
        with locked(self.engine, "IMMEDIATE") as connection:
            yield OpenLedger(connection, self._recipient, self._code)

    def entries(self) -> list[Entry]:
        """Return all entries."""
        with self.engine.connect() as connection:
            return list(_entries(connection, 0))

    def verify(self) -> Entry | None:
        """Check every entry; return the last.

        Raises
        ------
        BrokenLedgerError
            Naming the first that is not what was written.
        """
        with self.engine.connect() as connection:
            return refuse_broken_chain(_entries(connection, 0))

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def _first(connection: Connection, statement: Select[tuple[object, ...]]) -> Entry | None:
    row = connection.execute(statement).mappings().first()
    return None if row is None else Entry.from_row(row)


def _entries(connection: Connection, after: int) -> Iterator[Entry]:
    while True:
        later = select(ledger).where(ledger.c.number > after).order_by(ledger.c.number)
        rows = connection.execute(later.limit(_PAGE)).mappings().all()
        yield from (Entry.from_row(row) for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["number"]
