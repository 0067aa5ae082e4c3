"""Prefixes such as E11.* and ranges such as I20-I25 as intervals of codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# ICD-10 and its national versions; exports often leave out the point.
ICD_CODE = re.compile(r"[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.IGNORECASE)
RANGE = re.compile(
    rf"({ICD_CODE.pattern})\s*[-\N{{EN DASH}}]\s*({ICD_CODE.pattern})", re.IGNORECASE
)
PREFIX = re.compile(r"([^*\s]+?)\.?\*")
# Behind every code that begins alike.
LAST = "\uffff"


@dataclass(frozen=True)
class Interval:
    """All codes from one to another, both included with everything below them.

    Attributes
    ----------
    start, end : str
        As `comparable` writes codes.
    target : str
    place : str
    """

    start: str
    end: str
    target: str
    place: str

    def holds(self, code: str) -> bool:
        """Return whether a comparable code lies inside."""
        return self.start <= code <= self.end

    def crosses(self, other: Interval) -> bool:
        """Return whether two intervals overlap and neither lies inside the other."""
        first, second = sorted([self, other], key=lambda each: (each.start, each.end))
        return first.start < second.start <= first.end < second.end


def comparable(code: str) -> str:
    """Return a code so that codes of ICD-10 compare, with or without their point.

    >>> comparable("i25.10"), comparable("HP:0001250")
    ('I2510', 'HP:0001250')
    """
    return code.replace(".", "").upper() if ICD_CODE.fullmatch(code) else code


def bounds(code: str) -> tuple[str, str] | None:
    """Return where a prefix or range begins and ends; None for a single code.

    Raises
    ------
    ValueError
        When a range ends before it begins.
    """
    if found := RANGE.fullmatch(code):
        start, end = comparable(found[1]), comparable(found[2])
        if end < start:
            raise ValueError("the range ends before it begins")
        return start, end + LAST
    if found := PREFIX.fullmatch(code):
        start = comparable(found[1])
        return start, start + LAST
    if "*" in code:
        raise ValueError("a * stands at the end of a prefix only")
    return None


def innermost(intervals: Sequence[Interval], code: str) -> Interval | None:
    """Return the narrowest interval that holds a code."""
    found = [each for each in intervals if each.holds(code)]
    return max(
        found, key=lambda each: (each.start, [-ord(sign) for sign in each.end]), default=None
    )
