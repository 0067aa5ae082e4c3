"""Checking that all entries are what was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, Engine, RowMapping, func, select, tuple_

from client.audit.common_chain import Ends, Head, ends_in
from client.audit.entry import COMMON_CHAIN, Entry
from client.audit.errors import BrokenAuditError
from client.audit.reading import with_contents
from client.audit.tables import contents, entries
from client.audit.unavailable import told
from client.audit.vault import digest
from client.chain import refuse_broken_chain

_PAGE = 5_000
_RESTORE = "Restore the node's database from a backup, and find out who changed it."


@dataclass(frozen=True)
class Verified:
    """What a check of all entries found, none of them changed.

    Attributes
    ----------
    entries, chains : int
    removed : int
        Entries whose contents were erased or kept for long enough, as the store wrote down then.
    head : Head or None
    """

    entries: int
    chains: int
    removed: int
    head: Head | None


@dataclass
class _Common:
    """What the common chain says."""

    ends: Ends
    removed: int
    head: Head | None


def verify(engine: Engine) -> Verified:
    """Check every entry of every chain, and that no chain ends before where it was bound.

    Raises
    ------
    BrokenAuditError
        Naming the first that is not what was written.
    AuditUnavailableError
        When the database cannot be read.
    """
    with told(), _still(engine) as connection:
        common = _read_common(connection)
        count, chains, gone = 0, 0, 0
        for chain, rows in groupby(_rows(connection), key=lambda row: str(row["chain"])):
            chains += 1
            checked = _Checked(chain, common.ends.pop(chain, None))
            refuse_broken_chain(map(checked.entry, rows), checked.broken)
            checked.refuse_cut()
            count, gone = count + checked.count, gone + checked.gone
        if common.ends:
            raise BrokenAuditError(f"The chain {next(iter(common.ends))} is gone.", _RESTORE)
        _refuse_unexplained(connection, gone, common.removed)
    return Verified(count, chains, gone, common.head)


class _Checked:
    """One chain while it is checked."""

    def __init__(self, chain: str, end: tuple[int, str] | None) -> None:
        self.chain, self.count, self.gone = chain, 0, 0
        self._end = end

    def entry(self, row: RowMapping) -> Entry:
        entry = Entry.from_row(row)
        self.count += 1
        if row["sealed"] is None:
            self.gone += bool(entry.digest)
        # SQLite would take a text, too.
        elif not isinstance(row["sealed"], bytes) or entry.digest != digest(
            row["patient"] or "", row["sealed"]
        ):
            raise self.broken(entry.number)
        if self._end is not None and entry.number == self._end[0]:
            if entry.hash != self._end[1]:
                raise self.broken(entry.number)
            self._end = None
        return entry

    def refuse_cut(self) -> None:
        if self._end is not None:
            raise BrokenAuditError(
                f"Chain {self.chain} of the audit store was cut: entry {self._end[0]} is gone.",
                _RESTORE,
            )

    def broken(self, number: int) -> BrokenAuditError:
        return BrokenAuditError(
            f"The audit store was changed: entry {number} of chain {self.chain} is not what was "
            "written.",
            _RESTORE,
        )


def _read_common(connection: Connection) -> _Common:
    common = _Common({}, 0, None)
    found = select(entries).where(entries.c.chain == COMMON_CHAIN).order_by(entries.c.number)
    for row in connection.execute(found, execution_options={"yield_per": _PAGE}).mappings():
        entry = Entry.from_row(row)
        if entry.kind == "heads":
            common.ends |= ends_in(entry)
            common.head = Head(entry.number, entry.time, entry.hash)
        elif entry.kind == "removal":
            common.removed += int(json.loads(entry.detail)["count"])
    return common


@contextmanager
def _still(engine: Engine) -> Iterator[Connection]:
    """Return a connection to which the database stands still."""
    sqlite = engine.dialect.name == "sqlite"
    level = "AUTOCOMMIT" if sqlite else "REPEATABLE READ"
    with engine.connect().execution_options(isolation_level=level) as connection:
        if sqlite:
            # Python's driver begins no transaction for what only reads.
            connection.exec_driver_sql("BEGIN")
        yield connection
        if sqlite:
            connection.exec_driver_sql("COMMIT")


def _rows(connection: Connection) -> Iterator[RowMapping]:
    place = tuple_(entries.c.chain, entries.c.number)
    after = ("", 0)
    while True:
        later = with_contents().where(place > after).order_by(entries.c.chain, entries.c.number)
        page = connection.execute(later.limit(_PAGE)).mappings().all()
        yield from page
        if len(page) < _PAGE:
            return
        after = (page[-1]["chain"], page[-1]["number"])


def _refuse_unexplained(connection: Connection, gone: int, removed: int) -> None:
    if gone != removed:
        raise BrokenAuditError(
            f"The contents of {gone} entries are gone, and {removed} were removed.", _RESTORE
        )
    kept = connection.execute(select(func.count()).select_from(contents)).scalar_one()
    with_digest = select(func.count()).select_from(entries).where(entries.c.digest != "")
    if kept + gone != connection.execute(with_digest).scalar_one():
        raise BrokenAuditError("There are contents that belong to no entry.", _RESTORE)
