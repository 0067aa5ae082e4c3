"""Spreadsheets, by calamine: a sheet whose header row names the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from client.sources.excel_structure import SheetStructure, read_structure
from client.sources.file_settings import ExcelSettings
from client.sources.raw_table import CHUNK_ROWS, RawTable, existing_columns
from client.sources.remote import DataFile
from shared.errors import DataError, Problem

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

# Where a sheet ends in the file formats of 1997 and 2007.
FULL_SHEETS = {65_536, 1_048_576}
Line = Sequence[object]
Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class _Reading:
    """A sheet as it is read: where its columns are, and what is peculiar about it."""

    name: str
    places: dict[str, int]
    header_row: int
    structure: SheetStructure
    merged: list[Range]
    decimal: str

    def row_problems(self) -> list[Problem]:
        """Return the problems of rows, in mapped columns only."""
        columns = {place + 1: name for name, place in self.places.items()}
        fix = "Open the file in a spreadsheet program, let it calculate, and save it."
        problems = [
            Problem(self.name, row, columns[column], "a formula with its result", fix)
            for row, column in self.structure.uncalculated
            if column in columns
        ]
        fix = "Correct the formula, or empty the cell."
        problems += [
            Problem(self.name, row, columns[column], "a value, and no error of a formula", fix)
            for row, column in self.structure.errors
            if column in columns
        ]
        for (top, left), (bottom, right) in self.merged:
            inside = range(left + 1, right + 2)
            touched = [name for column, name in columns.items() if column in inside]
            problems += [
                _merged(self.name, row + 1, name)
                for row in range(top, bottom + 1)
                for name in touched
            ]
        return [each for each in problems if each.row is not None and each.row > self.header_row]

    def column_problems(self) -> list[Problem]:
        """Return a problem for each mapped column whose header is merged with others."""
        spans = {
            place
            for (top, left), (bottom, right) in self.merged
            if top < self.header_row <= bottom + 1 and right > left
            for place in range(left, right + 1)
        }
        return [
            _merged(self.name, None, name) for name, place in self.places.items() if place in spans
        ]

    def remarks(self, rows: int) -> list[str]:
        """Return what a person should know of the sheet."""
        hidden = sum(row > self.header_row for row in self.structure.hidden_rows)
        found = []
        if hidden:
            what = "1 hidden row was" if hidden == 1 else f"{hidden} hidden rows were"
            found.append(f"{self.name}: {what} read like all others; delete what should not count")
        if rows in FULL_SHEETS:
            found.append(f"{self.name}: the sheet is full, so rows may be missing at its end")
        return found

    def cell(self, value: object) -> object:
        """Return a cell so that numbers, dates and texts read as in other sources."""
        if isinstance(value, float):
            if value.is_integer():
                return int(value)
            return repr(value).replace(".", self.decimal) if self.decimal != "." else value
        return value if isinstance(value, str | bool | int) else str(value)


class ExcelSource:
    """A sheet of a spreadsheet; the whole sheet is held while it is read."""

    def __init__(self, settings: ExcelSettings, file: DataFile) -> None:
        self._settings = settings
        self._file = file

    @property
    def name(self) -> str:
        """The file's name."""
        return self._file.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the named columns; blank rows are left out, and count for row numbers."""
        self._file.refuse_absent()
        with self._opened() as book:
            sheet = book.get_sheet_by_name(self._sheet_name(book))
            lines: Iterator[tuple[int, Line]] = enumerate(sheet.iter_rows(), 1)
            header = self._header(lines)
            places, problems = existing_columns(header, columns, self.name)
            reading = self._reading(sheet, places)
            problems += reading.column_problems()
            yield self._table(reading, [], problems, reading.remarks(sheet.total_height or 0))
            bad: dict[int, list[Problem]] = {}
            for problem in reading.row_problems():
                bad.setdefault(problem.row or 0, []).append(problem)
            for chunk in self._chunks(lines):
                here = [each for row, _ in chunk for each in bad.get(row, [])]
                yield self._table(reading, chunk, here, [])

    def _table(
        self,
        reading: _Reading,
        chunk: list[tuple[int, Line]],
        problems: list[Problem],
        remarks: list[str],
    ) -> RawTable:
        cells = [
            [reading.cell(line[place]) for place in reading.places.values()] for _, line in chunk
        ]
        return RawTable(
            pd.DataFrame(cells, columns=list(reading.places), dtype=object),
            np.array([row for row, _ in chunk], dtype=np.int64),
            len(chunk),
            problems,
            remarks,
        )

    def _chunks(self, lines: Iterator[tuple[int, Line]]) -> Iterator[list[tuple[int, Line]]]:
        chunk: list[tuple[int, Line]] = []
        for row, line in lines:
            if any(str(cell).strip() for cell in line):
                chunk.append((row, line))
            if len(chunk) == CHUNK_ROWS:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _header(self, lines: Iterator[tuple[int, Line]]) -> list[str]:
        line = next((line for row, line in lines if row == self._settings.header_row), ())
        names = [str(cell).strip() for cell in line]
        if not any(names):
            raise DataError(
                f"{self.name}: row {self._settings.header_row} of the sheet is empty.",
                "Say with source.header_row which row names the columns.",
            )
        return names

    def _reading(self, sheet: CalamineSheet, places: dict[str, int]) -> _Reading:
        with self._file.open() as file:
            structure = read_structure(file, sheet.name)
        merged = list(sheet.merged_cell_ranges or [])
        row, decimal = self._settings.header_row, self._settings.decimal
        return _Reading(self.name, places, row, structure, merged, decimal)

    def _sheet_name(self, book: CalamineWorkbook) -> str:
        names = book.sheet_names
        if self._settings.sheet in names:
            return str(self._settings.sheet)
        if self._settings.sheet is None and len(names) == 1:
            return names[0]
        said = "several sheets" if self._settings.sheet is None else "no sheet of this name"
        raise DataError(
            f"{self.name} has {said}.", f"Name one in source.sheet: {', '.join(names)}."
        )

    @contextmanager
    def _opened(self) -> Iterator[CalamineWorkbook]:
        """Open the file; a damaged one becomes a DataError without its content."""
        import python_calamine

        try:
            with self._file.open() as file, python_calamine.load_workbook(file) as book:
                yield book
        except python_calamine.PasswordError:
            raise DataError(
                f"{self.name} is protected by a password.", "Save it without one."
            ) from None
        except python_calamine.CalamineError:
            raise DataError(
                f"{self.name} is not a spreadsheet, or is damaged.",
                "Save it again as .xlsx; for a text file, set source.kind to csv.",
            ) from None


def _merged(name: str, row: int | None, column: str) -> Problem:
    fix = "Unmerge the cells, and write into each what belongs there."
    return Problem(name, row, column, "a cell of its own, and none merged with others", fix)
