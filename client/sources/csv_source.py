"""CSV files, read as text, cell by cell.

The csv module of Python is used rather than the reader of pandas: the latter drops surplus cells
silently when only some columns are asked for, and a shifted row is a wrong patient.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import TextIOWrapper
from typing import IO, cast

import numpy as np
import pandas as pd

from client.sources.file_settings import AUTOMATIC, CsvSettings
from client.sources.raw_table import CHUNK_ROWS, FIRST_ROW, RawTable, existing_columns
from client.sources.remote import DataFile
from client.sources.text_encoding import FIX, checked_lines, detect, first_bad_line
from shared.errors import DataError, Problem

# A discharge letter can exceed what the csv module allows by default.
LARGEST_CELL = 10_000_000
PACKED = ".gz"
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

    def __init__(self, settings: CsvSettings, file: DataFile) -> None:
        self._settings = settings
        self._file = file

    @property
    def name(self) -> str:
        """The file's name."""
        return self._file.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the named columns as text; ragged rows become problems."""
        self._file.refuse_absent()
        csv.field_size_limit(LARGEST_CELL)
        encoding = self._encoding()
        remarks = [self._remark(encoding)] if self._settings.encoding == AUTOMATIC else []
        with self._open(encoding) as file:
            checked = checked_lines(file, encoding, self.name)
            lines = csv.reader(checked, delimiter=self._settings.separator, strict=True)
            rows, problems = self._start(lines, columns)
            try:
                while rows.read(lines) or rows.first:
                    yield replace(self._table(rows, problems), remarks=remarks)
                    rows.clear()
            except csv.Error:
                raise self._broken(rows.row + 1) from None

    def _table(self, rows: _Rows, problems: list[Problem]) -> RawTable:
        cells = pd.DataFrame(rows.kept, columns=list(rows.places), dtype="str")
        ragged = [self._ragged(row, len(rows.header)) for row in rows.ragged]
        read = len(rows.rows) + len(rows.ragged)
        return RawTable(cells, np.array(rows.rows, dtype=np.int64), read, problems + ragged)

    def _encoding(self) -> str:
        if self._settings.encoding != AUTOMATIC:
            encoding = self._settings.encoding
            return MARK_OF_UTF8.get(encoding.lower(), encoding)
        with self._bytes() as file:
            return detect(file, self.name)

    def _remark(self, encoding: str) -> str:
        return (
            f"{self.name} was read as {encoding}, which is what it looks like; "
            f'set source.encoding = "{encoding}" to be sure'
        )

    @contextmanager
    def _bytes(self) -> Iterator[IO[bytes]]:
        """Open the file, unpacked; what is wrong with the packing becomes a DataError."""
        with self._file.open() as file:
            if not self.name.endswith(PACKED):
                yield file
                return
            try:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield cast("IO[bytes]", unpacked)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise DataError(
                    f"{self.name} is not a complete gzip file.", "Copy or export it again."
                ) from None

    @contextmanager
    def _open(self, encoding: str) -> Iterator[IO[str]]:
        """Open the file as text; what cannot be decoded becomes a DataError without its content."""
        try:
            with self._bytes() as file, TextIOWrapper(file, encoding, newline="") as text:
                yield text
        except UnicodeError:
            with self._bytes() as file:
                line = first_bad_line(file, encoding)
            said = self._settings.encoding if self._settings.encoding != AUTOMATIC else encoding
            raise DataError(f"{self.name} is not {said} text{line}.", FIX) from None

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
