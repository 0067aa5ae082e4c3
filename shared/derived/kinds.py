"""What an expression can be, and how a column of it looks in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Column: TypeAlias = npt.NDArray[Any]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Number:
    """A number: float64, NaN where missing.

    Attributes
    ----------
    unit : str or None
        None where it is not known (a literal, a product, a ratio) and fits any.
    """

    unit: str | None = None


@dataclass(frozen=True)
class Flag:
    """Yes or no: float64 1, 0, or NaN where missing."""


@dataclass(frozen=True)
class Codes:
    """One of some codes: object, a str, or None where missing.

    Attributes
    ----------
    codes : tuple of str
        Which, in order.
    banded : bool
        Whether they are bands of a number, which a contract may rename.
    """

    codes: tuple[str, ...]
    banded: bool = False


@dataclass(frozen=True)
class Terms:
    """A set of codes of a terminology: object, a tuple of str; an empty one is missing."""

    code_system: str
    pattern: str
    maximum_terms: int


@dataclass(frozen=True)
class Text:
    """A note: object, a str, or None where missing."""


@dataclass(frozen=True)
class Meaning:
    """A note as the numbers of a sentence embedding; made by the preprocessor, no column."""


Kind: TypeAlias = Number | Flag | Codes | Terms | Text | Meaning

WORDS = {
    Number: "a number",
    Flag: "yes or no",
    Codes: "a code",
    Terms: "a set of terms",
    Text: "a note",
    Meaning: "the meaning of a note",
}


def in_words(kind: Kind) -> str:
    """Return what people call a kind."""
    return WORDS[type(kind)]


def is_numeric(kind: Kind) -> bool:
    """Return whether arithmetic takes it; yes and no count as 1 and 0."""
    return isinstance(kind, Number | Flag)


def blank(kind: Kind, rows: int) -> Column:
    """Return a column in which everything is missing."""
    if is_numeric(kind):
        return np.full(rows, np.nan)
    empty = np.empty(rows, dtype=object)
    if isinstance(kind, Terms):
        return objects([()] * rows)
    return empty


def is_missing(kind: Kind, column: Column) -> Mask:
    """Say which rows of a column are missing."""
    if is_numeric(kind):
        return np.isnan(column.astype(np.float64, copy=False))
    if isinstance(kind, Terms):
        return np.array([not each for each in column], dtype=np.bool_)
    # A float in a column of codes is pandas' word for nothing.
    return np.array([not isinstance(each, str) for each in column], dtype=np.bool_)


def objects(values: list[Any]) -> Column:
    """Return an object column; NumPy itself would make a table of tuples of one length."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
