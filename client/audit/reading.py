"""Answers read back."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, and_, or_, select

from client.audit.entry import SECOND
from client.audit.prediction import Recorded
from client.audit.query import AuditQuery, conditions
from client.audit.tables import contents, entries
from client.audit.unavailable import told
from client.audit.vault import Vault

_PAGE = 1_000
_SAME = and_(contents.c.chain == entries.c.chain, contents.c.number == entries.c.number)


def with_contents() -> Select[tuple[object, ...]]:
    """Return the statement that reads entries beside what is left of their contents."""
    joined = entries.outerjoin(contents, _SAME)
    return select(entries, contents.c.patient, contents.c.sealed).select_from(joined)


class Reading:
    """Finds answers.

    Parameters
    ----------
    engine : Engine
    vault : Vault
    """

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def get(self, identifier: str) -> Recorded | None:
        """Return one answer; None where there is none."""
        wanted = with_contents().where(entries.c.id == identifier, entries.c.kind == "prediction")
        with told(), self._engine.connect() as connection:
            row = connection.execute(wanted).mappings().first()
        return None if row is None else self.recorded(row)

    def find(self, query: AuditQuery, limit: int, after: str, newest_first: bool) -> list[Recorded]:
        """Return at most so many answers that follow another one in the order asked for."""
        with told(), self._engine.connect() as connection:
            return self._page(connection, query, limit, after, newest_first)

    def every(self, query: AuditQuery) -> Iterator[Recorded]:
        """Yield all answers, the oldest first."""
        after = ""
        while page := self.find(query, _PAGE, after, newest_first=False):
            yield from page
            after = page[-1].id

    def recorded(self, row: RowMapping) -> Recorded:
        """Return a row as an answer.

        Raises
        ------
        BrokenAuditError
            When its contents cannot be read.
        """
        gone = row["sealed"] is None
        content = {} if gone else self._vault.open(row["id"], row["sealed"])
        same = ("id", "time", "request", "caller", "model", "model_digest", "contract", "mode")
        return Recorded(
            **{name: row[name] for name in (*same, "beside", "chain", "number", "hash")},
            latency=row["latency_microseconds"] / SECOND,
            patient=row["patient"] or "",
            input_hash=content.get("input_hash", ""),
            input=content.get("input"),
            output=content.get("output"),
        )

    def _page(
        self, connection: Connection, query: AuditQuery, limit: int, after: str, newest_first: bool
    ) -> list[Recorded]:
        statement = with_contents().where(*conditions(query))
        if after:
            place = select(entries.c.time).where(entries.c.id == after)
            time = connection.execute(place).scalar_one_or_none()
            if time is None:
                return []
            statement = statement.where(_beyond(time, after, newest_first))
        order = [entries.c.time, entries.c.id]
        if newest_first:
            statement = statement.order_by(*(each.desc() for each in order))
        else:
            statement = statement.order_by(*order)
        return [self.recorded(row) for row in connection.execute(statement.limit(limit)).mappings()]


def _beyond(time: str, identifier: str, newest_first: bool) -> ColumnElement[bool]:
    if newest_first:
        same = and_(entries.c.time == time, entries.c.id < identifier)
        return or_(entries.c.time < time, same)
    same = and_(entries.c.time == time, entries.c.id > identifier)
    return or_(entries.c.time > time, same)
