"""FHIR dates, which may lack the day or the month, and ages between them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

from client.sources.fhir.resources import Period


class Moment(NamedTuple):
    """When something was.

    Attributes
    ----------
    seconds : float
        Since 1970, for putting in order; a time without a zone counts as UTC.
    day : int
        Proleptic ordinal of the day that was written; 0 where none was.
    """

    seconds: float
    day: int


UNDATED = Moment(float("-inf"), 0)


def parse_moment(text: str) -> Moment:
    """Return the moment of a FHIR date, dateTime or instant; a partial one is its beginning.

    Raises
    ------
    ValueError
        Without the text, which may be a patient's.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = _partial(text)
    day = when.toordinal()
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return Moment(aware.timestamp(), day)


def first_moment(*texts: str | Period | None) -> Moment:
    """Return the moment of the first text or period that has one."""
    for text in texts:
        written = text.start if isinstance(text, Period) else text
        if written is not None:
            return parse_moment(written)
    return UNDATED


def birth_day(text: str) -> int:
    """Return the ordinal of a date of birth; the middle of the month or year that is known."""
    parts = text.count("-")
    day = parse_moment(text).day
    return day + {0: 182, 1: 14}.get(parts, 0)


def age_in_years(birth: int, day: int) -> float:
    """Return the age on a day: completed years, and the share of the current one.

    A whole number on every birthday; whoever was born on 29 February has it on 1 March in other
    years.

    >>> age_in_years(date(2000, 3, 1).toordinal(), date(2024, 3, 1).toordinal())
    24.0
    """
    born, then = date.fromordinal(birth), date.fromordinal(day)
    years = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
    last, following = _birthday(born, born.year + years), _birthday(born, born.year + years + 1)
    return years + (day - last) / (following - last)


def _birthday(born: date, year: int) -> int:
    try:
        return born.replace(year=year).toordinal()
    except ValueError:
        return date(year, 3, 1).toordinal()


def _partial(text: str) -> datetime:
    """Return the beginning of ``YYYY`` or ``YYYY-MM``."""
    for form in ("%Y", "%Y-%m"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError("not a date of FHIR")
