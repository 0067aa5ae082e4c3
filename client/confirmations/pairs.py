"""Answers beside the diagnoses that were confirmed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import RowMapping, select

from client.audit.prediction import Recorded
from client.audit.query import AuditQuery, conditions
from client.audit.reading import Reading, with_contents
from client.audit.store import AuditStore
from client.audit.tables import contents, entries
from client.audit.unavailable import told
from client.confirmations.case import ConfirmedCase
from client.confirmations.linking import in_parts


@dataclass(frozen=True)
class Pair:
    """One answer and its confirmed diagnosis."""

    answer: Recorded
    case: ConfirmedCase


@dataclass(frozen=True)
class Pairs:
    """The answers of a time.

    Attributes
    ----------
    confirmed : list of Pair
    answers : int
        All of the time but those asked again about the same patient before the diagnosis.
    asked_again, in_conflict, gone : int
        Those; those whose sources do not agree; confirmed ones whose contents are gone.
    """

    confirmed: list[Pair]
    answers: int
    asked_again: int
    in_conflict: int
    gone: int


@dataclass(frozen=True)
class _Line:
    identifier: str
    shown: str
    time: str
    patient: str


def pairs_of(
    audit: AuditStore,
    cases: Iterable[ConfirmedCase],
    *,
    model: str,
    since: str,
    until: str,
    mode: str,
) -> Pairs:
    """Return the answers of a time beside what was said about them.

    Raises
    ------
    AuditUnavailableError, BrokenAuditError
        When the store cannot be read.
    SettingsError
        When a time is none.
    """
    by_answer = {each.prediction: each for each in cases if each.prediction}
    query = AuditQuery(since=since, until=until, model=model, mode=mode)
    lines = list(_lines(audit, query))
    again = _asked_again(lines, by_answer)
    cases_of = {line.identifier: by_answer[line.shown] for line in lines if line.shown in by_answer}
    confirmed = {name: case for name, case in cases_of.items() if case.state == "confirmed"}
    read = [Pair(each, confirmed[each.id]) for each in answers_to(audit, confirmed)]
    pairs = [each for each in read if each.answer.output is not None]
    return Pairs(
        confirmed=pairs,
        answers=len(lines) - again,
        asked_again=again,
        in_conflict=sum(case.state == "conflict" for case in cases_of.values()),
        gone=len(read) - len(pairs),
    )


def _lines(audit: AuditStore, query: AuditQuery) -> Iterator[_Line]:
    same = (contents.c.chain == entries.c.chain) & (contents.c.number == entries.c.number)
    columns = entries.c.id, entries.c.beside, entries.c.time, contents.c.patient
    statement = (
        select(*columns)
        .select_from(entries.outerjoin(contents, same))
        .where(*conditions(query))
        .order_by(entries.c.time, entries.c.id)
    )
    with told(), audit.engine.connect() as connection:
        for row in connection.execute(statement):
            yield _Line(row.id, row.beside or row.id, row.time, row.patient or "")


def _asked_again(lines: Iterable[_Line], by_answer: dict[str, ConfirmedCase]) -> int:
    """Count answers without a diagnosis of their own, about patients with a later one."""
    lines = list(lines)
    last = {line.patient: line.time for line in lines if line.patient and line.shown in by_answer}
    return sum(
        line.shown not in by_answer and line.time < last.get(line.patient, "") for line in lines
    )


def answers_to(audit: AuditStore, identifiers: Iterable[str]) -> Iterator[Recorded]:
    """Yield the answers with some ids; errors as `AuditStore.get`."""
    reading = Reading(audit.engine, audit.vault)
    for part in in_parts(identifiers):
        yield from map(reading.recorded, _rows(audit, part))


def _rows(audit: AuditStore, identifiers: list[str]) -> list[RowMapping]:
    wanted = with_contents().where(entries.c.id.in_(identifiers)).order_by(entries.c.time)
    with told(), audit.engine.connect() as connection:
        return list(connection.execute(wanted).mappings())
