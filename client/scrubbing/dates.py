"""Dates as people write them in Spanish and English; a year alone is no date of a person."""

from __future__ import annotations

from client.scrubbing.expressions import END, START, any_of
from client.scrubbing.vocabulary import Vocabulary

DAY = r"(?:0?[1-9]|[12]\d|3[01])"
MONTH = r"(?:0?[1-9]|1[0-2])"
YEAR = r"(?:19|20)\d\d"
TIME = r"(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?"
ORDINAL = r"(?:st|nd|rd|th|º|°|ª)?"


def date_expressions(words: Vocabulary) -> list[str]:
    """Return the forms of dates, the most complete first."""
    full, short = words.words["months"], words.words["short_months"]
    month = rf"(?:{any_of(full)}|{any_of(short)}\.?)"
    # In lower case these are also other words: may need, 2 mar.
    sure = rf"(?:{any_of(full - {'may', 'march'})}|May|March|MARCH|{any_of(short - {'mar'})}\.?)"
    of_year = r"(?:de(?:l)?\s{1,2})?(?:año\s{1,2})?"
    year = rf"(?:,?\s{{1,2}}{of_year}{YEAR}|[\-/.]{YEAR}|[\-/. ]['\u2019]?\d\d(?![\d.,:%]))"
    of = r"(?:\s{1,2}(?:de|of)\s{1,2}|[\s\-/.]{1,2})"
    day_first = rf"{DAY}{ORDINAL}{of}"
    return [
        rf"{START}{YEAR}[\-/.]{DAY}[\-/.]{DAY}{TIME}{END}",
        rf"{START}{DAY}\s?[/\-]\s?{DAY}\s?[/\-]\s?(?:{YEAR}|\d\d){END}",
        rf"{START}{DAY}\.{DAY}\.(?:{YEAR}|\d\d){END}",
        rf"{START}{day_first}{month}{year}{END}",
        rf"{START}{day_first}{sure}{END}",
        rf"{START}{month}\s{{1,2}}{DAY}{ORDINAL}(?:,?\s{{1,2}}|\s?/\s?){YEAR}{END}",
        rf"{START}{sure}\s{{1,2}}{DAY}{ORDINAL}{END}(?!\s?(?:mg|ml|mcg|g|kg|cm|mm|%|[.,:/]\d))",
        rf"{START}{month}(?:,?\s{{1,2}}{of_year}|[\-/]){YEAR}{END}",
        rf"{START}{MONTH}[/\-]{YEAR}{END}",
    ]


def short_date(words: Vocabulary, value: str) -> str:
    """Return a day and a month after a word that says so, as in ``el 12/03``."""
    prefix = any_of(words.phrases["date_prefixes"])
    return rf"{START}{prefix}\s{{1,2}}(?P<{value}>{DAY}[/\-]{DAY}){END}(?![/\-]\d)"
