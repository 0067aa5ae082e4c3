"""Numbers, sizes and times as people there write them."""

from __future__ import annotations

import math
from datetime import datetime

from shared.pages.words import Catalogue, Words, decimal

_DIGITS = 3
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS = ("B", "kB", "MB", "GB", "TB")


def significant(value: float) -> Words:
    """Write a number with three digits that mean something, without needless zeros."""
    if not math.isfinite(value):
        return Words.same("∞")
    if not value:
        return Words.same("0")
    digits = max(_DIGITS - 1 - math.floor(math.log10(abs(value))), 0)
    while digits and round(value, digits) == round(value, digits - 1):
        digits -= 1
    return decimal(value, digits)


def power(value: float) -> Words:
    """Write a small number by its power of ten."""
    exponent = math.floor(math.log10(value) + 1e-9)
    factor = significant(value / 10.0**exponent)
    raised = "10" + f"{exponent}".translate(_RAISED)
    if factor.en == "1":
        return Words.same(raised)
    return Words(*(f"{each} \N{MULTIPLICATION SIGN} {raised}" for each in (factor.en, factor.es)))


def size(count: int) -> Words:
    """Write a number of bytes."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    number = significant(value)
    return Words(*(f"{each}\N{NO-BREAK SPACE}{_UNITS[unit]}" for each in (number.en, number.es)))


def day(time: datetime, say: Catalogue) -> Words:
    """Write a day."""
    month = say(f"month.{time.month}")
    return Words(*(f"{time.day} {each} {time.year}" for each in (month.en, month.es)))


def clock(time: datetime) -> Words:
    """Write a time of the day."""
    return Words.same(f"{time:%H:%M:%S}")


def moment(time: datetime, say: Catalogue) -> Words:
    """Write a day and a time."""
    on = day(time, say)
    return Words(*(f"{each}, {time:%H:%M:%S}" for each in (on.en, on.es)))
