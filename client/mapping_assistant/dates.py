"""How the dates of a column are written."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from client.mapping_assistant.column_profile import Profile

ISO = "%Y-%m-%d"
PARTS = re.compile(r"(\d{1,4})([-/.])(\d{1,2})[-/.](\d{2,4})")
YEAR_DIGITS = 4
LAST_MONTH = 12


def date_format_of(column: Profile) -> str:
    """Return the format of a column's dates as `datetime.strptime` writes it.

    Days before months, as most of the world writes, unless a month above 12 says otherwise.
    """
    if pd.api.types.is_datetime64_any_dtype(column.cells):
        return ISO
    found = [match for code in column.counts if (match := PARTS.match(code))]
    if not found or len(found[0][1]) == YEAR_DIGITS:
        return ISO if not found or found[0][2] == "-" else f"%Y{found[0][2]}%m{found[0][2]}%d"
    sign = found[0][2]
    year = "%Y" if len(found[0][4]) == YEAR_DIGITS else "%y"
    day_first = not _above_months(match[3] for match in found)
    return sign.join(["%d", "%m", year] if day_first else ["%m", "%d", year])


def _above_months(numbers: Iterable[str]) -> bool:
    return any(int(number) > LAST_MONTH for number in numbers)
