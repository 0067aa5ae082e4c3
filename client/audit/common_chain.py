"""The chain of what concerns all others: where they end, and whose contents were taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, func, select

from client.audit.adding import add, last_of
from client.audit.entry import COMMON_CHAIN, Draft, Entry, Kind
from client.audit.identifier import new_id
from client.audit.prediction import now_text
from client.audit.tables import entries
from client.audit.unavailable import told
from shared.database import locked

# Longer than any transaction takes, so that none is missed that began before the last entry.
_LOOK_BACK = timedelta(minutes=5)

# Number and hash of the last entry, by chain.
Ends = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Head:
    """The end of all chains at one moment; keep it elsewhere, and a cut tail shows.

    Attributes
    ----------
    number : int
        Of the entry that lists the ends of all chains.
    time, hash : str
    """

    number: int
    time: str
    hash: str


def append(connection: Connection, kind: Kind, detail: Mapping[str, object]) -> Entry:
    """Add an entry to the common chain, which one process at a time may do."""
    text = json.dumps(detail, sort_keys=True, separators=(",", ":"))
    draft = Entry(chain="", kind=kind, id=new_id(), time=now_text(), detail=text)
    last = last_of(connection, COMMON_CHAIN)
    [placed] = add(connection, COMMON_CHAIN, last, [Draft(draft, "", b"")])
    return placed


def bind(engine: Engine) -> Head | None:
    """Write down where all chains end, where any has grown; return the last such entry.

    Raises
    ------
    AuditUnavailableError
        When it cannot be written.
    """
    with told():
        # Looking takes long where much was answered, and holds up nobody.
        with engine.connect() as connection:
            seen = _last_head(connection, "9")
            grown = _grown(connection, seen)
        if not grown:
            return _head(seen)
        with locked(engine, "IMMEDIATE") as connection:
            last = _last_head(connection, "9")
            # Unless another process has bound the chains meanwhile.
            if last == seen:
                detail = {chain: list(end) for chain, end in grown.items()}
                last = append(connection, "heads", detail)
            return _head(last)


def note_export(engine: Engine, detail: Mapping[str, object]) -> None:
    """Write down that answers are about to be copied out of the store.

    Raises
    ------
    AuditUnavailableError
        When it cannot be written; nothing may be copied then.
    """
    with told(), locked(engine, "IMMEDIATE") as connection:
        append(connection, "export", detail)
        # So that the hash which is kept elsewhere leads over it, even where nobody asks any more.
        bound = _last_head(connection, "9")
        append(connection, "heads", json.loads(bound.detail) if bound else {})


def exports(engine: Engine) -> list[Entry]:
    """Return the entries of all exports, the oldest first.

    Raises
    ------
    AuditUnavailableError
        When they cannot be read.
    """
    found = select(entries).where(entries.c.chain == COMMON_CHAIN, entries.c.kind == "export")
    with told(), engine.connect() as connection:
        rows = connection.execute(found.order_by(entries.c.number)).mappings()
        return [Entry.from_row(row) for row in rows]


def head(engine: Engine, day: str = "") -> Head | None:
    """Return the last entry that binds all chains, of a day (``2026-11-30``) or of all.

    Raises
    ------
    AuditUnavailableError
        When it cannot be read.
    """
    with told(), engine.connect() as connection:
        found = _last_head(connection, f"{day}T24" if day else "9")
    return _head(found) if found and found.time.startswith(day) else None


def holds(engine: Engine, known: str) -> bool:
    """Return whether an entry of the common chain has a hash.

    Raises
    ------
    AuditUnavailableError
        When it cannot be read.
    """
    found = select(entries.c.number).where(entries.c.chain == COMMON_CHAIN, entries.c.hash == known)
    with told(), engine.connect() as connection:
        return connection.execute(found.limit(1)).first() is not None


def ends_in(entry: Entry) -> Ends:
    """Return where chains ended by an entry."""
    return {chain: (int(end[0]), str(end[1])) for chain, end in json.loads(entry.detail).items()}


def _grown(connection: Connection, last: Entry | None) -> Ends:
    bound = ends_in(last) if last else {}
    since = (datetime.fromisoformat(last.time) - _LOOK_BACK) if last else datetime.min
    lately = (
        select(entries.c.chain, func.max(entries.c.number).label("number"))
        .where(entries.c.kind.in_(("prediction", "confirmation")))
        .where(entries.c.time >= since.replace(tzinfo=UTC).isoformat(timespec="microseconds"))
        .group_by(entries.c.chain)
        .subquery()
    )
    same = (entries.c.chain == lately.c.chain) & (entries.c.number == lately.c.number)
    found = select(entries.c.chain, entries.c.number, entries.c.hash).join(lately, same)
    ends = {row.chain: (row.number, row.hash) for row in connection.execute(found)}
    return {} if all(bound.get(chain) == end for chain, end in ends.items()) else ends


def _last_head(connection: Connection, before: str) -> Entry | None:
    found = (
        select(entries)
        .where(entries.c.chain == COMMON_CHAIN, entries.c.kind == "heads", entries.c.time < before)
        .order_by(entries.c.number.desc())
        .limit(1)
    )
    row = connection.execute(found).mappings().first()
    return None if row is None else Entry.from_row(row)


def _head(entry: Entry | None) -> Head | None:
    return None if entry is None else Head(entry.number, entry.time, entry.hash)
