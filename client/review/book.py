"""The book of decisions: entries are added, never changed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, select

from client.chain import refuse_broken_chain
from client.review.entry import BrokenReviewError, Content, Decided, Entry
from client.review.tables import contents, entries
from client.review.tables import items as item_rows
from shared.database import locked
from shared.errors import JuntosError

RESTORE = "Restore the node's database from a backup; until then no decision counts."


def now_text() -> str:
    """Return the time as entries have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def new_request() -> str:
    """Return a number for one form, which makes sending it twice harmless."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class OpenBook:
    """The book while nobody else writes; a block that fails leaves it as it was."""

    connection: Connection

    def decided(self) -> list[Decided]:
        """Return all entries with their contents, in order."""
        return read_entries(self.connection)

    def written(self, request: str) -> Entry | None:
        """Return the entry of a form that was sent before."""
        found = select(entries).where(entries.c.request == request)
        row = self.connection.execute(found).mappings().first()
        return None if row is None else Entry.from_row(row)

    def append(self, reader: str, item: str, request: str, content: Content) -> Entry:
        """Add an entry at the end; return it with its number, time and hash."""
        salt = secrets.token_hex(32)
        last = select(entries).order_by(entries.c.number.desc()).limit(1)
        row = self.connection.execute(last).mappings().first()
        entry = Entry(reader=reader, item=item, request=request, digest=content.digest(salt))
        placed = entry.after(Entry.from_row(row) if row else None, now_text())
        self.connection.execute(entries.insert(), asdict(placed))
        self.connection.execute(
            contents.insert(),
            {
                "number": placed.number,
                "person": content.person,
                "salt": salt,
                "content": content.text(),
            },
        )
        return placed


class Book:
    """All decisions of one hospital; any number of processes may use it at once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def writing(self) -> Iterator[OpenBook]:
        """Hold off all who write while the block runs; it is on the disk when it has ended."""
        with locked(self.engine, "IMMEDIATE") as connection:
            yield OpenBook(connection)

    def decided(self) -> list[Decided]:
        """Return all entries with their contents, in order.

        Raises
        ------
        BrokenReviewError
            Naming the first that is not what was written.
        """
        with self.engine.connect() as connection:
            return read_entries(connection)

    def erase(self, persons: Iterable[str]) -> int:
        """Take away what was decided and asked about some patients; return how much.

        Who decided and when stays, and so does the chain; the contents are gone.

        Parameters
        ----------
        persons : iterable of str
            Pseudonyms.
        """
        names = [each for each in persons if each]
        with locked(self.engine, "IMMEDIATE") as connection:
            asked = connection.execute(delete(item_rows).where(item_rows.c.person.in_(names)))
            said = connection.execute(delete(contents).where(contents.c.person.in_(names)))
            return asked.rowcount + said.rowcount


def read_entries(connection: Connection) -> list[Decided]:
    """Read and check everything; contents of erased patients are absent."""
    rows = connection.execute(select(entries).order_by(entries.c.number)).mappings().all()
    kept = {each["number"]: each for each in connection.execute(select(contents)).mappings()}
    chain = [Entry.from_row(row) for row in rows]
    refuse_broken_chain(chain, _broken)
    decided = []
    for entry in chain:
        row = kept.get(entry.number)
        content = None if row is None else Content.model_validate_json(row["content"])
        if row is not None and content and content.digest(row["salt"]) != entry.digest:
            raise _broken(entry.number)
        decided.append(Decided(entry, content))
    return decided


def _broken(number: int) -> JuntosError:
    what = f"The review was changed: entry {number} is not what was written."
    return BrokenReviewError(what, RESTORE)
