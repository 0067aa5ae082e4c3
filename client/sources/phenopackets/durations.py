"""Ages as phenopackets write them, in years."""

from __future__ import annotations

import re

from client.sources.phenopackets.packet import TimeElement

DURATION = re.compile(
    r"P(?=[\dT])(?:(?P<years>\d+(?:[.,]\d+)?)Y)?(?:(?P<months>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<weeks>\d+(?:[.,]\d+)?)W)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:\d+(?:[.,]\d+)?[HMS])+)?"
)
# Of the Gregorian calendar, on average.
DAYS = {"years": 365.2425, "months": 30.436875, "weeks": 7.0, "days": 1.0}


def years_of(duration: str) -> float | None:
    """Return a duration of ISO 8601 in years; None where it is none. Hours are not counted.

    >>> years_of("P4Y6M")
    4.5
    """
    match = DURATION.fullmatch(duration.strip())
    if match is None:
        return None
    days = sum(
        float(text.replace(",", ".")) * DAYS[part]
        for part, text in match.groupdict().items()
        if text is not None
    )
    return round(days / DAYS["years"], 6)


def age_in(time: TimeElement | None) -> tuple[float | None, bool]:
    """Return an age in years, and whether what stands there can be read.

    The middle of a range; none for a class of ages, a gestational age or a date.
    """
    if time is None:
        return None, True
    if time.age is not None:
        found = years_of(time.age.iso8601duration)
        return found, found is not None
    if time.age_range is not None:
        ends = [
            years_of(each.iso8601duration) for each in (time.age_range.start, time.age_range.end)
        ]
        known = [each for each in ends if each is not None]
        return (sum(known) / len(known) if known else None), len(known) == len(ends)
    return None, True
