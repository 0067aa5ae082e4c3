"""Cells into numbers of the contract's unit, inside the plausible range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.sources.codes import Mask, texts_of
from client.sources.expected import expected_range as expected_range
from client.sources.expected import in_range
from client.sources.units import Conversion, Numbers, conversion
from shared.contract import NumericFeature
from shared.errors import Problem

# Fewer outliers than this are outliers; more of them than good values are another unit.
ENOUGH_TO_SUSPECT_THE_UNIT = 10


@dataclass(frozen=True)
class Place:
    """Where the cells of a column come from.

    Attributes
    ----------
    file, column : str
    rows : integer array of shape (rows,)
        Row numbers as a spreadsheet shows them.
    """

    file: str
    column: str
    rows: npt.NDArray[np.int64]

    def problems(self, bad: Mask, expected: str, fix: str) -> list[Problem]:
        """Return one problem for each row where `bad` is true."""
        rows = self.rows[bad].tolist()
        return [Problem(self.file, row, self.column, expected, fix) for row in rows]

    def whole(self, expected: str, fix: str) -> Problem:
        """Return a problem of the whole column."""
        return Problem(self.file, None, self.column, expected, fix)


@dataclass(frozen=True)
class _Aim:
    """The unit that numbers shall have, what is measured, and what the cells measure instead."""

    unit: str
    analyte: str | None
    measured: str | None

    def conversion_from(self, unit: str) -> Conversion | None:
        """Return the conversion of numbers in `unit`, None where there is none."""
        return conversion(unit, self.unit, self.analyte, self.measured)


def convert_numeric(
    cells: pd.Series,
    units: pd.Series | None,
    unit: str | None,
    feature: NumericFeature,
    place: Place,
    *,
    missing: frozenset[str],
    decimal: str,
    measured: str | None = None,
) -> tuple[pd.Series, list[Problem]]:
    """Return numbers in the feature's unit, and their problems.

    Parameters
    ----------
    units : Series of shape (rows,) or None
        Each row's unit; where None, all are in `unit`, or in the feature's where that is None too.
    missing : frozenset of str
        Normalised codes that mean missing.
    measured : str or None
        The analyte of the cells, where it is another than the feature's.

    Returns
    -------
    Series of float64, shape (rows,)
        NaN where missing or wrong.
    """
    numbers, wrong = parse_numbers(cells, missing, decimal)
    fix = "Correct the cell, or list its code under missing in the mapping."
    problems = place.problems(wrong, f"a number{_hint(decimal)}", fix)
    aim = _Aim(feature.unit, feature.analyte, measured)
    if units is None:
        numbers, more = _in_one_unit(numbers, unit or feature.unit, aim, place)
    else:
        numbers, more = _in_unit_of_row(numbers, units, aim, place)
    problems += more
    numbers, outside = in_range(numbers, feature)
    fix = "Correct the cell, or list its code under missing in the mapping."
    problems += place.problems(outside, expected_range(feature), fix)
    return pd.Series(numbers, dtype="float64"), problems


def parse_numbers(cells: pd.Series, missing: frozenset[str], decimal: str) -> tuple[Numbers, Mask]:
    """Return the number of each cell, NaN where missing or wrong, and which are wrong."""
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        absent = np.isnan(numbers)
    else:
        texts = texts_of(cells, missing)
        absent = texts.isna().to_numpy()
        numbers = _from_texts(texts, decimal)
    absent = absent | np.isin(numbers, _as_numbers(missing))
    wrong = ~absent & ~np.isfinite(numbers)
    return np.where(absent | wrong, np.nan, numbers), wrong


def _from_texts(texts: pd.Series, decimal: str) -> Numbers:
    if decimal == ",":
        # Beside a decimal comma, a point would separate thousands in one file and not in another.
        texts = texts.mask(texts.str.contains(".", regex=False).fillna(False), "ambiguous")
        texts = texts.str.replace(",", ".", regex=False)
    return pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _as_numbers(missing: frozenset[str]) -> Numbers:
    numbers = pd.to_numeric(pd.Series(sorted(missing), dtype="str"), errors="coerce")
    return numbers.dropna().to_numpy(dtype=np.float64)


def _hint(decimal: str) -> str:
    return " with a decimal comma and no points" if decimal == "," else " with a decimal point"


def _in_one_unit(
    numbers: Numbers, unit: str, aim: _Aim, place: Place
) -> tuple[Numbers, list[Problem]]:
    convert = aim.conversion_from(unit)
    if convert is None:
        fix = "Correct the column's unit in the mapping, or convert the column at the source."
        # Numbers in an unknown unit would only add a wrong complaint about each of them.
        nothing = np.full_like(numbers, np.nan)
        return nothing, [place.whole(f"a unit that converts to {aim.unit}", fix)]
    return convert(numbers), []


def _in_unit_of_row(
    numbers: Numbers, units: pd.Series, aim: _Aim, place: Place
) -> tuple[Numbers, list[Problem]]:
    texts = texts_of(units, frozenset()).fillna("").to_numpy(dtype=object)
    positions, unique = pd.factorize(texts)
    converted = np.full_like(numbers, np.nan)
    for position, unit in enumerate(unique):
        # An empty cell is a forgotten unit, not a number without one.
        convert = aim.conversion_from(unit) if unit else None
        if convert is not None:
            here = positions == position
            converted[here] = convert(numbers[here])
    unknown = np.isfinite(numbers) & ~np.isfinite(converted)
    fix = "Correct the row's unit, or convert the value at the source."
    expected = f"a value with a unit that converts to {aim.unit}"
    return converted, place.problems(unknown, expected, fix)


def suspected_unit(
    file: str, column: str, feature: NumericFeature, outside: int, plausible: int
) -> list[Problem]:
    """Return a problem of a column of whose values most are outside the plausible range.

    Parameters
    ----------
    outside, plausible : int
        Values in all rows of the source.
    """
    if outside < ENOUGH_TO_SUSPECT_THE_UNIT or outside <= plausible:
        return []
    hint = "Most of the column is outside: check its unit in the mapping."
    expected = expected_range(feature).replace("a value", "values", 1)
    return [Problem(file, None, column, expected, hint)]
