"""Parts that the expressions of forms share.

Every repetition in these expressions is bounded, and no two of them compete for the same
characters for long: a note of any content is read in time that grows with its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

VARIANTS = ("aá", "eé", "ií", "oó", "uúü", "nñ", "º°ª")
CAPITALISED = r"[A-ZÀ-ÖØ-Þ]['\u2019]?[^\W\d_]{1,40}(?:['\u2019\-][^\W\d_]{1,40}){0,2}(?!\w)"
# Ends a number or word; begins one.
END = r"(?!\w)"
START = r"(?<!\w)"


def any_of(phrases: Iterable[str]) -> str:
    """Return an expression of phrases, in any capitals, with or without accents, longest first."""
    ordered = sorted(set(phrases), key=len, reverse=True)
    return "(?i:" + "|".join(map(_loosely, ordered)) + ")"


def _loosely(phrase: str) -> str:
    parts = (r"\s{1,2}" if letter == " " else _letter(letter) for letter in phrase)
    return "".join(parts)


def _letter(letter: str) -> str:
    return next((f"[{each}]" for each in VARIANTS if letter in each), re.escape(letter))
