"""Which records were picked up: each once, whatever cuts a day's work off."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.exc import IntegrityError

from client.audit.prediction import now_text
from client.audit.tables import entries
from client.daily.tables import daily_days, daily_records
from shared.errors import JuntosError, Problem

State = Literal["known", "planned", "answered", "failed"]
# Values that one statement may hold, in any database.
_PART = 500


@dataclass(frozen=True)
class PickedUp:
    """One record of the source.

    Attributes
    ----------
    record : str
        Names it by a keyed hash of what it holds, without its diagnosis.
    day : str
        On which it was picked up.
    patient : str
        Pseudonym; empty where no column tells patients apart.
    row : int
        Of the source on that day, as a spreadsheet shows it.
    prediction : str
        The id that its answer has, or will have.
    state : {"known", "planned", "answered", "failed"}
        ``known``: it was there before the first day, and gets no answer.
    reason : str
        Why it got no answer, never a value.
    """

    record: str
    day: str
    patient: str
    row: int
    prediction: str
    state: State = "planned"
    reason: str = ""


@dataclass(frozen=True)
class Day:
    """What reading the source on one day found.

    Attributes
    ----------
    finished : str
        UTC; when the last record was answered.
    problems : tuple of Problem
        Of rows that were set aside; of each kind the first ones.
    problem_count : int
        All of them.
    """

    day: str
    finished: str
    source: str
    rows_read: int
    problem_count: int
    problems: tuple[Problem, ...]


class RecordBook:
    """The records that were picked up, in the node's database.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self) -> set[str]:
        """Return the names of all records that were picked up."""
        with self._engine.connect() as connection:
            return set(connection.execute(select(daily_records.c.record)).scalars())

    def plan(self, records: Sequence[PickedUp]) -> None:
        """Write down that records are going to be answered, and with which ids.

        Raises
        ------
        JuntosError
            When another job has picked one of them up meanwhile.
        """
        try:
            with self._engine.begin() as connection:
                for part in _in_parts(records):
                    connection.execute(daily_records.insert(), [asdict(each) for each in part])
        except IntegrityError:
            raise JuntosError("Another daily job runs.", "Wait until it has ended.") from None

    def planned(self) -> list[PickedUp]:
        """Return what is still to be answered, in the order of the source."""
        return self._found(select(daily_records).where(daily_records.c.state == "planned"))

    def still_planned(self, records: Sequence[PickedUp]) -> list[PickedUp]:
        """Return those of some records that are still to be answered."""
        names = [each.record for each in records]
        same = daily_records.c.record.in_(names), daily_records.c.state == "planned"
        with self._engine.connect() as connection:
            found = set(connection.execute(select(daily_records.c.record).where(*same)).scalars())
        return [each for each in records if each.record in found]

    def of_day(self, day: str) -> list[PickedUp]:
        """Return what was picked up on a day, in the order of the source."""
        return self._found(select(daily_records).where(daily_records.c.day == day))

    def finish(self, records: Sequence[PickedUp], state: State, reason: str = "") -> None:
        """Write down what became of some records."""
        values = {"state": state, "reason": reason}
        with self._engine.begin() as connection:
            for part in _in_parts(records):
                names = [each.record for each in part]
                connection.execute(
                    daily_records.update().where(daily_records.c.record.in_(names)).values(values)
                )

    def answered(self, records: Sequence[PickedUp]) -> set[str]:
        """Return the ids that are in the audit store already."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for part in _in_parts(records):
                names = [each.prediction for each in part]
                found |= set(
                    connection.execute(
                        select(entries.c.id).where(entries.c.id.in_(names))
                    ).scalars()
                )
        return found

    def write_day(self, day: Day) -> None:
        """Write down what a day found, in place of what it found before."""
        values = asdict(day) | {"problems": json.dumps([asdict(each) for each in day.problems])}
        with self._engine.begin() as connection:
            connection.execute(daily_days.delete().where(daily_days.c.day == day.day))
            connection.execute(daily_days.insert(), values)

    def day(self, day: str) -> Day | None:
        """Return what a day found; None where there was none."""
        with self._engine.connect() as connection:
            row = connection.execute(select(daily_days).where(daily_days.c.day == day)).first()
        if row is None:
            return None
        problems = tuple(Problem(**each) for each in json.loads(row.problems))
        return Day(row.day, row.finished, row.source, row.rows_read, row.problem_count, problems)

    def last_day(self) -> Day | None:
        """Return the day that was finished last; None where there was none."""
        with self._engine.connect() as connection:
            last = select(daily_days.c.day).order_by(daily_days.c.finished.desc()).limit(1)
            found = connection.execute(last).scalar()
        return None if found is None else self.day(found)

    def counts(self, day: str) -> dict[str, int]:
        """Return how many records of a day are in each state."""
        wanted = (
            select(daily_records.c.state, func.count())
            .where(daily_records.c.day == day)
            .group_by(daily_records.c.state)
        )
        with self._engine.connect() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(wanted)}

    def forget(self, patient: str) -> list[str]:
        """Remove the records of a patient; return the days they were picked up on."""
        same = daily_records.c.patient == patient
        with self._engine.begin() as connection:
            days = connection.execute(select(daily_records.c.day).where(same)).scalars().all()
            connection.execute(daily_records.delete().where(same))
        return list(days)

    def _found(self, wanted: Select[tuple[object, ...]]) -> list[PickedUp]:
        ordered = wanted.order_by(daily_records.c.day, daily_records.c.row)
        with self._engine.connect() as connection:
            return [PickedUp(**row) for row in connection.execute(ordered).mappings()]


def finished_day(
    day: str, source: str, rows_read: int, problem_count: int, problems: Sequence[Problem]
) -> Day:
    """Return a day that ends now."""
    return Day(day, now_text(), source, rows_read, problem_count, tuple(problems))


def _in_parts(records: Sequence[PickedUp]) -> Iterator[Sequence[PickedUp]]:
    for start in range(0, len(records), _PART):
        yield records[start : start + _PART]
