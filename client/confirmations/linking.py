"""Which answer a confirmation is about."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Engine, select

from client.audit.tables import contents, entries
from client.audit.unavailable import told
from client.confirmations.case import ConfirmedCase, case_of
from client.confirmations.confirmation import Confirmation
from shared.contract import Contract

# Values that one statement may name.
_AT_ONCE = 500

# Times and ids of the shown answers, in order, by pseudonym.
AnswersOfPatients = dict[str, list[tuple[str, str]]]


def end_of(day: str) -> str:
    """Return when a day ends here, as entries have times."""
    end = datetime.fromisoformat(day).astimezone() + timedelta(days=1)
    return end.astimezone(UTC).isoformat(timespec="microseconds")


def answers_of(engine: Engine, patients: Iterable[str]) -> AnswersOfPatients:
    """Return the shown answers about some patients.

    Raises
    ------
    AuditUnavailableError
        When the database cannot be read.
    """
    found: AnswersOfPatients = defaultdict(list)
    with told(), engine.connect() as connection:
        for part in in_parts(set(patients)):
            for patient, time, identifier in _shown(connection, part):
                found[patient].append((time, identifier))
    return found


def linked(answers: AnswersOfPatients, confirmation: Confirmation) -> str:
    """Return the id of the answer: named, or the patient's last before; empty for none."""
    if confirmation.prediction:
        return confirmation.prediction
    known = answers.get(confirmation.patient, [])
    # What was answered once the diagnosis was known is about something else.
    before = min(end_of(confirmation.date), confirmation.time)
    place = bisect_left(known, (before, ""))
    return known[place - 1][1] if place else ""


def in_cases(
    contract: Contract, answers: AnswersOfPatients, said: Iterable[Confirmation]
) -> list[ConfirmedCase]:
    """Return everything said, sorted by what it is about; the oldest first."""
    cases: dict[tuple[str, str], list[Confirmation]] = defaultdict(list)
    for each in said:
        prediction = linked(answers, each)
        cases[prediction, "" if prediction else each.patient].append(each)
    found = []
    for (prediction, _), history in cases.items():
        patient = next((each.patient for each in history if each.patient), "")
        found.append(case_of(contract, prediction, patient, history))
    return found


def in_parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield values, as many at once as one statement may name."""
    rest = iter(values)
    while part := list(islice(rest, _AT_ONCE)):
        yield part


def _shown(connection: Connection, patients: list[str]) -> Iterator[tuple[str, str, str]]:
    same = (contents.c.chain == entries.c.chain) & (contents.c.number == entries.c.number)
    statement = (
        select(contents.c.patient, entries.c.time, entries.c.id)
        .join(entries, same)
        .where(contents.c.patient.in_(patients))
        # Not by the index on kinds, see `client.audit.query.of_kind`.
        .where(entries.c.kind.concat("") == "prediction", entries.c.mode == "shown")
        .order_by(entries.c.time, entries.c.id)
    )
    for row in connection.execute(statement):
        yield row.patient, row.time, row.id
