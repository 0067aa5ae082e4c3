"""Samples of files: CSV, Parquet and Excel, here or on cloud storage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from client.mapping_assistant.sample import Sample, first_rows
from client.mapping_assistant.text_file import form_of
from client.sources.csv_source import CsvSource
from client.sources.excel_source import ExcelSource
from client.sources.file_settings import CsvSettings, ExcelSettings, ParquetSettings
from client.sources.parquet_source import ParquetSource
from client.sources.remote import locate
from shared.errors import DataError
from shared.settings_file import parse

SOURCE = "SOURCE"
# A header is looked for in the first rows of a sheet, under titles and remarks.
ROWS_ABOVE_DATA = 30
FEWEST_COLUMNS = 2


def csv_sample(path: str, folder: Path) -> Sample:
    """Return the first rows of a text file.

    Parameters
    ----------
    path : str
        As the mapping will name it.
    folder : Path
        The mapping file's.
    """
    file = locate(parse(CsvSettings, {"kind": "csv", "path": path}, SOURCE), folder)
    form = form_of(file)
    source = {
        "kind": "csv",
        "path": path,
        "separator": form.separator,
        "encoding": form.encoding,
        "decimal": form.decimal,
    }
    seen = {
        "separator": "divides the lines alike",
        "encoding": "fits the letters",
        "decimal": "as in most numbers",
    }
    reader = CsvSource(parse(CsvSettings, source, SOURCE), file)
    cells, whole = first_rows(reader, form.header)
    return Sample(cells, source, reader.name, whole, seen)


class _ParquetLook(ParquetSource):
    def columns(self) -> list[str]:
        """Return the names of the columns of single values or lists in the first file."""
        part = self._parts()[0]
        with self._opened(part.file) as file:
            stored = [each.name for each in file.schema_arrow if not _is_table(each.type)]
        return [*part.constants, *(name for name in stored if name not in part.constants)]


def _is_table(kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    from pyarrow import types

    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(types.is_nested(kind)) and not (is_list and not types.is_nested(kind.value_type))


def parquet_sample(path: str, folder: Path) -> Sample:
    """Return the first rows of a Parquet file or a folder of them."""
    source = {"kind": "parquet", "path": path}
    look = _ParquetLook(locate(parse(ParquetSettings, source, SOURCE), folder))
    cells, whole = first_rows(look, look.columns())
    return Sample(cells, source, look.name, whole)


class _ExcelLook(ExcelSource):
    def sheet_and_header(self) -> tuple[str, int, list[str]]:
        """Return the sheet, the row that names the columns, counted from 1, and the names."""
        self._file.refuse_absent()
        with self._opened() as book:
            sheet = self._sheet_name(book)
            for row, line in enumerate(book.get_sheet_by_name(sheet).iter_rows(), 1):
                if row > ROWS_ABOVE_DATA:
                    break
                if _names_columns(line):
                    return sheet, row, [str(cell).strip() for cell in line]
        raise DataError(
            f"{self.name}: no row of the sheet's first {ROWS_ABOVE_DATA} names columns.",
            "Put the names of the columns into the first row.",
        )


def _names_columns(line: Sequence[object]) -> bool:
    """Return whether a row's cells are names: texts, of which at least two, side by side."""
    texts = [cell for cell in line if isinstance(cell, str) and cell.strip()]
    others = [cell for cell in line if not isinstance(cell, str)]
    return len(texts) >= FEWEST_COLUMNS and not others


def excel_sample(path: str, folder: Path, sheet: str | None) -> Sample:
    """Return the first rows of a sheet; a workbook with several needs its name."""
    given = {"kind": "excel", "path": path} | ({"sheet": sheet} if sheet else {})
    settings = parse(ExcelSettings, given, SOURCE)
    file = locate(settings, folder)
    name, row, header = _ExcelLook(settings, file).sheet_and_header()
    source: dict[str, Any] = {"kind": "excel", "path": path, "sheet": name, "header_row": row}
    reader = ExcelSource(parse(ExcelSettings, source, SOURCE), file)
    cells, whole = first_rows(reader, header)
    seen = {"header_row": "the first row of names"}
    return Sample(cells, source, reader.name, whole, seen)
