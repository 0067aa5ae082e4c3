"""What the cells of one column are like, as far as a proposal needs it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.mapping_assistant.words import folded, words
from client.sources.codes import codes_of
from client.sources.numbers import parse_numbers

DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}.*)?"
)
MOST = 0.8
FEW_CODES = 200
# A note has several words; a code or a name of a disease has few.
WORDS_OF_TEXT = 4.0
LETTERS_OF_TEXT = 40.0


@dataclass(frozen=True)
class Profile:
    """One column of a sample.

    Attributes
    ----------
    name : str
    cells : Series of shape (rows,)
    decimal : {".", ","}
    markers : frozenset of str
        Texts that mean "not recorded" in this source, though elsewhere they may be codes.
    """

    name: str
    cells: pd.Series
    decimal: str
    markers: frozenset[str] = frozenset()

    @cached_property
    def holds_lists(self) -> bool:
        """Whether cells hold several codes each, as a Parquet file's may."""
        first = next((cell for cell in self.cells if cell is not None), None)
        return isinstance(first, list | tuple | np.ndarray)

    @cached_property
    def all_counts(self) -> Counter[str]:
        """Cells with each code, markers of missing cells among them."""
        if self.holds_lists:
            return Counter(str(code) for cell in self.cells if cell is not None for code in cell)
        codes = codes_of(self.cells, frozenset())
        return Counter(str(code) for code in codes if code is not None)

    @cached_property
    def missing_words(self) -> list[str]:
        """The texts in this column that mean "not recorded" wherever they stand."""
        found = [code for code in self.all_counts if folded(code) in words().missing]
        if not self._is_number_beside(found):
            beside = words().missing_beside_numbers_only
            found = [code for code in found if folded(code) not in beside or code in self.markers]
        return sorted(found)

    def _is_number_beside(self, found: Sequence[str]) -> bool:
        others = {code: count for code, count in self.all_counts.items() if code not in found}
        numbers = sum(count for code, count in others.items() if self._is_number(code))
        return bool(others) and numbers >= MOST * sum(others.values())

    def _is_number(self, code: str) -> bool:
        text = code.replace(",", ".") if self.decimal == "," else code
        return re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text) is not None

    @cached_property
    def counts(self) -> Counter[str]:
        """Cells with each code, without those that mean "not recorded"."""
        gone = set(self.missing_words)
        return Counter({code: n for code, n in self.all_counts.items() if code not in gone})

    @property
    def present(self) -> int:
        """Cells in which something is recorded."""
        return sum(self.counts.values())

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """The finite numbers of the column."""
        if self.holds_lists:
            return np.zeros(0)
        found, _ = parse_numbers(self.cells, frozenset(self.missing_words), self.decimal)
        return found[np.isfinite(found)]

    @property
    def numeric_share(self) -> float:
        """Share of the recorded cells that are numbers."""
        return len(self.numbers) / self.present if self.present else 0.0

    @property
    def is_coded(self) -> bool:
        """Whether few different codes recur."""
        return 0 < len(self.counts) <= max(2, min(FEW_CODES, self.present // 2))

    @cached_property
    def is_dates(self) -> bool:
        """Whether most cells are dates."""
        if pd.api.types.is_datetime64_any_dtype(self.cells):
            return True
        dates = sum(count for code, count in self.counts.items() if DATE.fullmatch(code))
        return self.present > 0 and dates >= MOST * self.present

    @cached_property
    def is_text(self) -> bool:
        """Whether cells are sentences."""
        if self.holds_lists or not self.present:
            return False
        cells = sum(self.counts.values())
        length = sum(len(code) * count for code, count in self.counts.items()) / cells
        spaces = sum(len(code.split()) * count for code, count in self.counts.items()) / cells
        return length >= LETTERS_OF_TEXT and spaces >= WORDS_OF_TEXT

    @property
    def distinct_share(self) -> float:
        """Different codes for each recorded cell; 1 where no code recurs."""
        return len(self.counts) / self.present if self.present else 0.0

    def frequent(self, smallest_cell: int) -> dict[str, int]:
        """Return the codes of at least so many cells, the most frequent first."""
        return {code: n for code, n in self.counts.most_common() if n >= smallest_cell}


def profiles_of(cells: pd.DataFrame, decimal: str) -> list[Profile]:
    """Return the profile of each column that has a name.

    A text that means "not recorded" beside numbers, such as ND, means it in the other columns too.
    """
    first = [
        Profile(str(name), cells[name], decimal) for name in cells.columns if str(name).strip()
    ]
    beside = words().missing_beside_numbers_only
    markers = frozenset(
        text for each in first for text in each.missing_words if folded(text) in beside
    )
    return [replace(each, markers=markers) for each in first] if markers else first
