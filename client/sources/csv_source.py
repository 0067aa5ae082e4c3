"""CSV files, read as text, cell by cell.

The csv module of Python is used rather than the reader of pandas: the latter drops surplus cells
silently when only some columns are asked for, and a shifted row is a wrong patient.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from client.sources.mapping import CsvSettings
from client.sources.raw_table import (
    CHUNK_ROWS,
    FIRST_ROW,
    RawTable,
    existing_columns,
    refuse_absent_file,
)
from shared.errors import DataError, Problem

# A discharge letter can exceed what the csv module allows by default.
LARGEST_CELL = 10_000_000
MARK_OF_UTF8 = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig"}


@dataclass
class _Rows:
    """One batch of a file: mapped cells, row numbers, ragged rows."""

    header: list[str]
    places: dict[str, int]
    row: int = FIRST_ROW - 1
    rows: list[int] = field(default_factory=list)
    ragged: list[int] = field(default_factory=list)
    kept: list[list[str]] = field(default_factory=list)
    first: bool = True

    def read(self, lines: Iterator[list[str]]) -> bool:
        """Take lines until the batch is full, the mapped cells only; return whether any came."""
        places = list(self.places.values())
        for line in lines:
            self.row += 1
            if len(line) == len(self.header):
                if any(map(str.strip, line)):
                    self.rows.append(self.row)
                    self.kept.append([line[place] for place in places])
            elif any(map(str.strip, line)):
                self.ragged.append(self.row)
            if len(self.rows) + len(self.ragged) == CHUNK_ROWS:
                break
        return bool(self.rows or self.ragged)

    def clear(self) -> None:
        """Make room for the next batch."""
        self.rows, self.ragged, self.kept, self.first = [], [], [], False


class CsvSource:
    """A CSV file whose first line names the columns."""

    def __init__(self, settings: CsvSettings, path: Path) -> None:
        self._settings = settings
        self._path = path

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the named columns as text; ragged rows become problems."""
        refuse_absent_file(self._path)
        csv.field_size_limit(LARGEST_CELL)
        with self._open() as file:
            lines = csv.reader(file, delimiter=self._settings.separator, strict=True)
            rows, problems = self._start(lines, columns)
            try:
                while rows.read(lines) or rows.first:
                    yield self._table(rows, problems)
                    rows.clear()
            except csv.Error:
                raise self._broken(rows.row + 1) from None

    def _table(self, rows: _Rows, problems: list[Problem]) -> RawTable:
        cells = pd.DataFrame(rows.kept, columns=list(rows.places), dtype="str")
        ragged = [self._ragged(row, len(rows.header)) for row in rows.ragged]
        read = len(rows.rows) + len(rows.ragged)
        return RawTable(cells, np.array(rows.rows, dtype=np.int64), read, problems + ragged)

    @contextmanager
    def _open(self) -> Iterator[IO[str]]:
        """Open the file; what goes wrong with it becomes a DataError without its content."""
        encoding = self._settings.encoding
        try:
            with self._path.open(
                encoding=MARK_OF_UTF8.get(encoding.lower(), encoding), newline=""
            ) as file:
                yield file
        except UnicodeError:
            raise DataError(
                f"{self.name} is not {encoding} text{self._first_bad_line()}.",
                "Save it as UTF-8, or say its encoding in source.encoding (often cp1252).",
            ) from None
        except OSError as error:
            raise DataError(f"{self.name} cannot be read: {error.strerror}.") from None

    def _start(
        self, lines: Iterator[list[str]], columns: Sequence[str]
    ) -> tuple[_Rows, list[Problem]]:
        """Read the header and find the wanted columns in it."""
        try:
            header = [name.strip() for name in next(lines, [])]
        except csv.Error:
            raise self._broken(1) from None
        if len(header) == 1 and len(columns) > 1:
            raise DataError(
                f"{self.name} has only one column when its cells are separated by "
                f"{self._settings.separator!r}.",
                "Set source.separator in the mapping; ';', ',' and '\\t' are usual.",
            )
        places, problems = existing_columns(header, columns, self.name)
        return _Rows(header, places), problems

    def _broken(self, row: int) -> DataError:
        """Return the error for a file that cannot be split into cells from `row` on."""
        problem = Problem(
            self.name, row, "", "quotation marks in pairs", 'Write a " inside a cell as "".'
        )
        return DataError(f"{self.name} is broken from row {row} on.", problem.fix, [problem])

    def _ragged(self, row: int, width: int) -> Problem:
        return Problem(
            self.name,
            row,
            "",
            f"{width} cells, as in the header",
            "Put cells that contain the separator in quotation marks.",
        )

    def _first_bad_line(self) -> str:
        """Say which line of the file cannot be decoded, where lines can be told apart."""
        if "16" in self._settings.encoding or "32" in self._settings.encoding:
            return ""
        try:
            with self._path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        line.decode(self._settings.encoding)
                    except UnicodeError:
                        return f" (line {number})"
        except OSError:
            pass
        return ""
