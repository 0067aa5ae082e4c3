"""Cron lines as cron itself understands them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.scheduling.cron import DAYS, check_timezone, slot_after, trigger_of

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


def weekdays_of(part: str) -> set[str]:
    """Return on which days a line comes, found out by asking for two weeks of slots."""
    time, found = MONDAY, set()
    while time < MONDAY + timedelta(days=14):
        slot = slot_after(f"0 0 * * {part}", "UTC", time)
        assert slot is not None
        found.add(f"{slot:%a}".lower())
        time = slot
    return found


@pytest.mark.parametrize(
    ("part", "days"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("sat", "sat"),
        ("1-5", "mon tue wed thu fri"),
        ("5-7", "fri sat sun"),
        ("fri-mon", "fri sat sun mon"),
        ("1,3", "mon wed"),
        ("0-6/3", "sun wed sat"),
        ("*/2", "sun tue thu sat"),
    ],
)
def test_days_of_the_week_are_counted_as_cron_does(part: str, days: str) -> None:
    assert weekdays_of(part) == set(days.split())


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_range_names_the_days_that_its_numbers_do(first: int, last: int) -> None:
    count = (last - first) % 7 + 1
    expected = {DAYS[(first + step) % 7] for step in range(count)}
    fields = trigger_of(f"0 0 * * {first}-{last}", "UTC").fields
    named = next(str(each) for each in fields if each.name == "day_of_week")
    assert set(named.split(",")) == expected


@pytest.mark.parametrize(
    "line", ["", "* * * *", "0 2 * * 8", "61 * * * *", "0 2 1 * mon", "0 2 * * mo", "a b c d e"]
)
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"cron line|day of the"):
        trigger_of(line, "UTC")


def test_a_slot_keeps_its_hour_over_the_change_of_clocks() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    first = slot_after("0 2 * * *", "Europe/Madrid", before)
    assert first is not None
    second = slot_after("0 2 * * *", "Europe/Madrid", first)
    assert second is not None
    assert (first.hour, second.hour) == (2, 2)


def test_time_zones() -> None:
    assert check_timezone("Europe/Madrid") == "Europe/Madrid"
    for name in ("Madrid", "../etc/passwd", ""):
        with pytest.raises(ValueError, match="no time zone"):
            check_timezone(name)
