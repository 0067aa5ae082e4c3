"""What is kept of all that is known: one value for each row and field, never a resource."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Mapping
from typing import Generic, TypeVar

import numpy as np
import pandas as pd

from client.sources.fhir.dates import Moment
from client.sources.fhir.fields import UNIT_SUFFIX
from client.sources.fhir.set_aside import SetAside
from client.sources.fhir.values import YES, Amount

Value = TypeVar("Value")
NO_NUMBER = float("nan")


class Kept(ABC, Generic[Value]):
    """The values of one field.

    Attributes
    ----------
    name : str
        The local column.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def add(self, row: int, moment: Moment, value: Value) -> None:
        """Take in a value of a row, and when it was."""

    @abstractmethod
    def columns(self, start: int, stop: int) -> Mapping[str, pd.Series]:
        """Return the local columns for rows `start` to `stop`."""


class KeptNumbers(Kept[Amount]):
    """Numbers with units; 20 bytes for a row.

    Attributes
    ----------
    numbers : array of float, shape (rows,)
        NaN where nothing is known.
    units : array of int, shape (rows,)
        Places in `unit_names`; -1 where nothing is known.
    """

    def __init__(self, name: str, rows: int) -> None:
        super().__init__(name)
        self.numbers = array("d", [NO_NUMBER]) * rows
        self.units = array("i", [-1]) * rows
        self._places: dict[str, int] = {}

    @property
    def unit_names(self) -> list[str]:
        """The units that were seen."""
        return list(self._places)

    def units_in_use(self) -> list[str]:
        """Return the units of the values that are kept, without the empty one."""
        names = self.unit_names
        return [
            names[place] for place in np.unique(np.array(self.units)) if place >= 0 and names[place]
        ]

    def unit_place(self, unit: str) -> int:
        """Return the place of a unit in `unit_names`."""
        return self._places.setdefault(unit, len(self._places))

    def columns(self, start: int, stop: int) -> Mapping[str, pd.Series]:
        """Return the numbers as float64 and the units as objects."""
        names = np.array([*(name or None for name in self.unit_names), None], dtype=object)
        return {
            self.name: pd.Series(np.array(self.numbers[start:stop], dtype=np.float64)),
            self.name + UNIT_SUFFIX: pd.Series(
                names[np.array(self.units[start:stop], dtype=int)], dtype=object
            ),
        }


class FirstOrLastNumbers(KeptNumbers):
    """The earliest or latest number of each row; 20 bytes for a row."""

    def __init__(self, name: str, rows: int, *, first: bool) -> None:
        super().__init__(name, rows)
        self._first = first
        self._seconds = array("d", [float("inf" if first else "-inf")]) * rows

    def add(self, row: int, moment: Moment, value: Amount) -> None:
        """Keep the value if it is earlier, or not earlier, than the one kept."""
        kept = self._seconds[row]
        seconds = moment.seconds
        if (seconds < kept) if self._first else (seconds >= kept):
            self._seconds[row] = seconds
            self.numbers[row] = value.number
            self.units[row] = self.unit_place(value.unit)


class CombinedNumbers(KeptNumbers):
    """Mean, lowest or highest number of each row, all in one unit; 16 bytes for a row."""

    def __init__(self, name: str, rows: int, take: str, set_aside: SetAside) -> None:
        super().__init__(name, rows)
        self._take = take
        self._counts = array("i", [0]) * rows
        self._set_aside = set_aside

    def add(self, row: int, moment: Moment, value: Amount) -> None:  # noqa: ARG002
        """Take a number into the row's; one in another unit makes the row unusable."""
        count, kept, unit = self._counts[row], self.numbers[row], self.unit_place(value.unit)
        if count and unit != self.units[row]:
            fix = f'Take the last or the first instead of take = "{self._take}", or convert them.'
            self._set_aside.mark((row,), self.name, "values of a patient in one unit", fix)
            return
        self.units[row], self._counts[row] = unit, count + 1
        self.numbers[row] = self._combined(kept, value.number, count) if count else value.number

    def _combined(self, kept: float, number: float, count: int) -> float:
        if self._take == "minimum":
            return min(kept, number)
        if self._take == "maximum":
            return max(kept, number)
        return kept + (number - kept) / (count + 1)


class FirstOrLastCodes(Kept[str]):
    """The earliest or latest code or text of each row; 16 bytes for a row, and its own texts.

    Parameters
    ----------
    otherwise : str or None
        What rows without any get.
    """

    def __init__(self, name: str, rows: int, otherwise: str | None, *, first: bool) -> None:
        super().__init__(name)
        self._otherwise = otherwise
        self._first = first
        self._codes: list[str | None] = [None] * rows
        self._seconds = array("d", [float("inf" if first else "-inf")]) * rows

    def add(self, row: int, moment: Moment, value: str) -> None:
        """Keep the code if it is earlier, or not earlier, than the one kept."""
        kept = self._seconds[row]
        seconds = moment.seconds
        if (seconds < kept) if self._first else (seconds >= kept):
            self._seconds[row] = seconds
            self._codes[row] = value

    def columns(self, start: int, stop: int) -> Mapping[str, pd.Series]:
        """Return the codes as objects."""
        return {self.name: _objects(self._codes[start:stop], self._otherwise)}


class KeptFlags(Kept[str]):
    """``true`` where there is any, else ``false`` where one was refuted; 8 bytes for a row."""

    def __init__(self, name: str, rows: int, otherwise: str | None) -> None:
        super().__init__(name)
        self._otherwise = otherwise
        self._flags: list[str | None] = [None] * rows

    def add(self, row: int, moment: Moment, value: str) -> None:  # noqa: ARG002
        """Take in one finding."""
        if self._flags[row] != YES:
            self._flags[row] = value

    def columns(self, start: int, stop: int) -> Mapping[str, pd.Series]:
        """Return the flags as objects."""
        return {self.name: _objects(self._flags[start:stop], self._otherwise)}


class KeptTerms(Kept[str]):
    """All codes of each row, each once, in order of their reading."""

    def __init__(self, name: str, rows: int, otherwise: str | None) -> None:
        super().__init__(name)
        self._otherwise = otherwise
        self._terms: list[tuple[str, ...] | None] = [None] * rows

    def add(self, row: int, moment: Moment, value: str) -> None:  # noqa: ARG002
        """Take in one code."""
        kept = self._terms[row] or ()
        if value not in kept:
            self._terms[row] = (*kept, value)

    def columns(self, start: int, stop: int) -> Mapping[str, pd.Series]:
        """Return tuples of codes."""
        cells: list[object] = [each or self._otherwise for each in self._terms[start:stop]]
        return {self.name: pd.Series(cells, dtype=object)}


def _objects(cells: list[str | None], otherwise: str | None) -> pd.Series:
    return pd.Series([otherwise if each is None else each for each in cells], dtype=object)
