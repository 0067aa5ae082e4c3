"""The rows of a person: the days they look back from, and what each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from client.sources.fhir.dates import age_in_years, birth_day
from client.sources.omop.events import Event
from client.sources.omop.fields import UNIT_SUFFIX, OmopField
from client.sources.omop.settings import (
    AGE,
    DECEASED,
    GENDER,
    INDEX_DATE,
    LAST_SEEN,
    PATIENT,
    VISIT_CLASS,
    OmopSettings,
)
from client.sources.omop.taking import MixedUnitsError, taken

GENDERS = {8507: "male", 8532: "female"}
YEARS = "a"
Events = Mapping[str, Sequence[Event]]


class Visit(NamedTuple):
    """A visit: the ordinal of its first day, its number, the code of its kind."""

    day: int
    key: int
    kind: str | None


@dataclass(frozen=True)
class Person:
    """What is known of a person besides events.

    Attributes
    ----------
    born : int
        Ordinal of the day of birth, the middle of the month or year that is known; 0 where none is.
    gender : str or None
    died : bool
    visits : list of Visit
        In the order of time.
    last_observed : int
        Ordinal of the last day of observation; 0 where it is not known.
    """

    number: int
    born: int
    gender: str | None
    died: bool = False
    visits: list[Visit] = field(default_factory=list)
    last_observed: int = 0


@dataclass(frozen=True)
class OmopRow:
    """One row, and the columns of which nothing can be said because of several units."""

    cells: dict[str, object]
    units_differ: list[str]


def born(year: int | None, month: int | None, day: int | None) -> int:
    """Return the ordinal of a day of birth; the middle of the month or year that is known."""
    if year is None:
        return 0
    if month is None:
        return birth_day(f"{year:04}")
    return birth_day(f"{year:04}-{month:02}" + (f"-{day:02}" if day is not None else ""))


def rows_of(settings: OmopSettings, person: Person, events: Events) -> list[OmopRow]:
    """Return the rows of a person."""
    if settings.one_row_per == "visit":
        return [_row(settings, person, events, visit.day, visit) for visit in person.visits]
    day = _index_day(settings, person, events)
    at = [visit for visit in person.visits if visit.day == day]
    return [_row(settings, person, events, day, at[-1] if at else None)]


def _index_day(settings: OmopSettings, person: Person, events: Events) -> int:
    """Return the ordinal of a person's index date; 0 where there is none."""
    index = settings.index
    if isinstance(index, date):
        return index.toordinal()
    if settings.index_field is not None:
        found = events.get(settings.index_field)
        return found[0].day if found else 0
    if person.visits:
        return person.visits[0 if index == "first_visit" else -1].day
    return person.last_observed if index == LAST_SEEN else 0


def _row(
    settings: OmopSettings, person: Person, events: Events, day: int, visit: Visit | None
) -> OmopRow:
    cells: dict[str, object] = {
        PATIENT: str(person.number),
        AGE: age_in_years(person.born, day) if person.born and day else None,
        AGE + UNIT_SUFFIX: YEARS,
        GENDER: person.gender,
        DECEASED: "true" if person.died else "false",
        INDEX_DATE: date.fromordinal(day).isoformat() if day else None,
        VISIT_CLASS: None if visit is None else visit.kind,
    }
    differ = []
    for each in settings.field:
        if each.name not in events:
            continue
        counted = _counted(settings, each, events[each.name], day, visit)
        try:
            cells[each.name], unit = taken(each, counted)
        except MixedUnitsError:
            differ.append(each.name)
            cells[each.name], unit = None, None
        if each.kind == "quantity":
            cells[each.name + UNIT_SUFFIX] = unit
    return OmopRow(cells, differ)


def _counted(
    settings: OmopSettings, field: OmopField, events: Sequence[Event], day: int, visit: Visit | None
) -> Sequence[Event]:
    """Return the events that a field looks at."""
    when = settings.when(field)
    if when == "ever":
        return events
    if when == "visit":
        return [each for each in events if visit is not None and each.visit == visit.key]
    first = day - field.within_days if field.within_days is not None else 0
    return [each for each in events if first <= each.day <= day]
