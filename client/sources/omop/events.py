"""What is known of one person at a time, from streams that all come in the order of persons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from client.sources.omop.concepts import FieldConcepts
from client.sources.omop.fields import OmopField
from client.sources.omop.queries import LIMIT_OPERATORS


class Event(NamedTuple):
    """A row of a table, as one field sees it.

    Attributes
    ----------
    day : int
        Proleptic ordinal.
    when : time
        Of that day; midnight where only the day is known.
    key : int
        The row's own number, which puts those of one moment in order.
    visit : int or None
    value : float, str or None
        The number, code or text.
    unit : str or None
    """

    day: int
    when: time
    key: int
    visit: int | None
    value: float | str | None
    unit: str | None = None


class PersonStream:
    """The rows of a query, person by person.

    Attributes
    ----------
    of_nobody : int
        Rows so far that are about persons who were not asked for.
    """

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._next: Any = next(rows, None)
        self.of_nobody = 0

    def of(self, person: int) -> list[Any]:
        """Return the rows of a person; persons are to be asked for in rising order."""
        found: list[Any] = []
        while self._next is not None and (self._next[0] is None or self._next[0] <= person):
            if self._next[0] == person:
                found.append(self._next)
            else:
                self.of_nobody += 1
            self._next = next(self._rows, None)
        return found

    def finish(self) -> None:
        """Count the rows that are left."""
        if self._next is not None:
            self.of_nobody += 1 + sum(1 for _ in self._rows)
            self._next = None


class EventStream:
    """The events of one table's fields, person by person."""

    def __init__(self, rows: Iterator[Any], concepts: FieldConcepts) -> None:
        self.rows = PersonStream(rows)
        self._concepts = concepts

    @property
    def fields(self) -> Sequence[OmopField]:
        """The fields that it feeds."""
        return self._concepts.fields

    def of(self, person: int) -> dict[str, list[Event]]:
        """Return each field's events of a person, in the order of time."""
        found: dict[str, list[Event]] = {field.name: [] for field in self.fields}
        for row in self.rows.of(person):
            for place, code in self._concepts.of(row[5], row[6]).items():
                event = _event(self.fields[place], row, code)
                if event is not None:
                    found[self.fields[place].name].append(event)
        for events in found.values():
            events.sort(key=lambda each: (each.day, each.when, each.key))
        return found


def _event(field: OmopField, row: Any, code: str) -> Event | None:  # noqa: ANN401 - of any query
    """Return a row as a field sees it; None where it holds nothing for the field."""
    key, day, moment, visit = row[1:5]
    if day is None:
        return None
    unit: str | None = None
    value: float | str | None = code
    if field.kind == "quantity":
        if row.value_as_number is None:
            return None
        if field.limits == "missing" and row.operator in LIMIT_OPERATORS:
            return None
        value, unit = float(row.value_as_number), row.unit
    elif field.kind == "text":
        value = row.text
    elif field.kind == "code" and field.table in {"measurement", "observation"}:
        value = row.answer
    if value is None or value == "":
        return None
    return Event(ordinal(day), _time(moment), key, visit, value, unit)


def ordinal(day: date) -> int:
    """Return the proleptic ordinal of a day, which some databases give with a time."""
    return day.toordinal()


def _time(moment: datetime | None) -> time:
    return time() if moment is None else moment.time()
