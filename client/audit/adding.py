"""Entries put in their places at the end of a chain, within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, Dialect, Table, select

from client.audit.entry import Draft, Entry
from client.audit.tables import contents, entries
from client.audit.transactions import execute


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
        last = draft.entry.in_chain(chain).after(last, draft.entry.time)
        placed.append(last)
        if draft.sealed:
            place = {"chain": chain, "number": last.number}
            rows.append({**place, "patient": draft.patient or None, "sealed": draft.sealed})
    _insert(connection, entries, [vars(each) for each in placed])
    _insert(connection, contents, rows)
    return placed


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    statement, names = _statement(table, connection.dialect)
    execute(connection, statement, [tuple(row[name] for name in names) for row in rows])


@cache
def _statement(table: Table, dialect: Dialect) -> tuple[str, list[str]]:
    """Return the text that adds a row, and the columns whose values it takes in order."""
    names = [column.name for column in table.c]
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join(mark for _ in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", names  # noqa: S608
