"""One process's chain: whoever waits is written, in order, and released once it is on the disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sqlalchemy import Connection, Dialect, Engine, Table, select
from sqlalchemy.exc import SQLAlchemyError

from client.audit.entry import Draft, Entry
from client.audit.errors import AuditUnavailableError
from client.audit.identifier import new_id
from client.audit.tables import contents, entries
from client.audit.transactions import Transactions
from client.audit.unavailable import told, unavailable


@dataclass
class _Waiting:
    drafts: Sequence[Draft]
    done: bool = False
    error: AuditUnavailableError | None = None


class ChainWriter:
    """Adds entries to a chain that nobody else writes.

    The thread whose turn it is writes for those that wait, as many as a group may have, in one
    transaction; without others it writes its own at once.

    Parameters
    ----------
    engine : Engine
    largest_group : int
        Waiting threads that share a transaction; 1 gives each its own.
    """

    def __init__(self, engine: Engine, largest_group: int = 1) -> None:
        self.chain = new_id()
        self._transactions = Transactions(engine)
        self._largest_group = largest_group
        self._queue: deque[_Waiting] = deque()
        self._turn = threading.Lock()
        self._last: Entry | None = None
        self._last_is_known = True

    @property
    def waiting(self) -> int:
        """Calls that wait to be written."""
        return len(self._queue)

    def write(self, drafts: Sequence[Draft]) -> None:
        """Add entries, all or none; they are on the disk when this returns.

        Raises
        ------
        AuditUnavailableError
            When they may not be there.
        """
        mine = _Waiting(drafts)
        self._queue.append(mine)
        with self._turn:
            while not mine.done:
                self._write_group()
        if mine.error is not None:
            raise mine.error

    def check(self) -> None:
        """Return where entries could be added now.

        Raises
        ------
        AuditUnavailableError
        """
        with self._turn, told(), self._transactions.begin() as connection:
            connection.execute(select(entries.c.number).limit(1))

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            self._transactions.close()

    def _write_group(self) -> None:
        size = min(self._largest_group, len(self._queue))
        # By place: others append meanwhile, and only whose turn it is takes away.
        group = [self._queue[place] for place in range(size)]
        error: AuditUnavailableError | None = AuditUnavailableError(
            "The audit store was interrupted.", "Ask again."
        )
        try:
            error = self._try([draft for each in group for draft in each.drafts])
        finally:
            for each in group:
                self._queue.popleft()
                each.error, each.done = error, True

    def _try(self, drafts: Sequence[Draft]) -> AuditUnavailableError | None:
        # Until it is known to be there: a lost connection does not tell whether it was.
        known, self._last_is_known = self._last_is_known, False
        try:
            with self._transactions.begin() as connection:
                last = self._last if known else last_of(connection, self.chain)
                placed = add(connection, self.chain, last, drafts)
        except (SQLAlchemyError, OSError) as error:
            return unavailable(error)
        self._last, self._last_is_known = placed[-1], True
        return None


def last_of(connection: Connection, chain: str) -> Entry | None:
    """Return the last entry of a chain."""
    found = select(entries).where(entries.c.chain == chain).order_by(entries.c.number.desc())
    row = connection.execute(found.limit(1)).mappings().first()
    return None if row is None else Entry.from_row(row)


def add(
    connection: Connection, chain: str, last: Entry | None, drafts: Sequence[Draft]
) -> list[Entry]:
    """Add entries after the last one of a chain; return them in their places."""
    placed: list[Entry] = []
    rows: list[dict[str, object]] = []
    for draft in drafts:
        last = replace(draft.entry, chain=chain).after(last, draft.entry.time)
        placed.append(last)
        if draft.sealed:
            place = {"chain": chain, "number": last.number}
            rows.append({**place, "patient": draft.patient or None, "sealed": draft.sealed})
    _insert(connection, entries, [vars(each) for each in placed])
    _insert(connection, contents, rows)
    return placed


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    # Every answer waits for this: the driver takes a third of the time that statements take which
    # are put together each time.
    statement, names = _statement(table, connection.dialect)
    values = [tuple(row[name] for name in names) for row in rows]
    connection.exec_driver_sql(statement, values)


@cache
def _statement(table: Table, dialect: Dialect) -> tuple[str, list[str]]:
    """Return the text that adds a row, and the columns whose values it takes in order."""
    names = [column.name for column in table.c]
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join(mark for _ in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", names  # noqa: S608
