"""Dates that lack the day, ages, references."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.sources.fhir.dates import age_in_years, birth_day, parse_moment
from client.sources.fhir.references import referenced_id
from client.sources.fhir.resources import Reference

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(born=DAYS, then=DAYS)
def test_completed_years_are_those_of_the_calendar(born: date, then: date) -> None:
    born, then = sorted([born, then])
    age = age_in_years(born.toordinal(), then.toordinal())
    # An independent count: how many birthdays were reached.
    reached = sum(
        (year, born.month, born.day) <= (then.year, then.month, then.day)
        for year in range(born.year + 1, then.year + 1)
    )
    assert int(age) == reached
    assert age_in_years(born.toordinal(), then.toordinal() + 1) > age


@given(DAYS)
def test_a_birthday_is_a_whole_number(born: date) -> None:
    assert age_in_years(born.toordinal(), born.toordinal()) == 0
    assert age_in_years(born.toordinal(), date(2101, 3, 1).toordinal()) > 0


@pytest.mark.parametrize(
    ("text", "day", "when"),
    [
        ("2024", date(2024, 1, 1), "2024-01-01T00:00:00+00:00"),
        ("2024-05", date(2024, 5, 1), "2024-05-01T00:00:00+00:00"),
        ("2024-05-03", date(2024, 5, 3), "2024-05-03T00:00:00+00:00"),
        ("2024-05-03T23:30:00-05:00", date(2024, 5, 3), "2024-05-04T04:30:00+00:00"),
        ("2024-05-03T10:20:30.123456789Z", date(2024, 5, 3), "2024-05-03T10:20:30.123456+00:00"),
    ],
)
def test_moments(text: str, day: date, when: str) -> None:
    moment = parse_moment(text)
    assert date.fromordinal(moment.day) == day
    assert moment.seconds == pytest.approx(datetime.fromisoformat(when).timestamp(), abs=1e-5)


@pytest.mark.parametrize("text", ["Garcia1957", "", "2024-13", "24", "2024-05-03T25:00:00Z"])
def test_what_is_no_date_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="not a date") as caught:
        parse_moment(text)
    assert "Garcia" not in str(caught.value)


def test_a_birth_without_its_day_is_in_the_middle() -> None:
    assert date.fromordinal(birth_day("1957")) == date(1957, 7, 2)
    assert date.fromordinal(birth_day("1957-03")) == date(1957, 3, 15)
    assert date.fromordinal(birth_day("1957-03-20")) == date(1957, 3, 20)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/1", "1"),
        ("https://host/fhir/Patient/1", "1"),
        ("Patient/1/_history/3", "1"),
        ("urn:uuid:0c-1", "0c-1"),
        ("Group/1", None),
        ("NotPatient/1", None),
        ("Patient/", None),
        ("#contained", None),
        (None, None),
    ],
)
def test_references(reference: str | None, expected: str | None) -> None:
    assert referenced_id(Reference(reference), "Patient") == expected
