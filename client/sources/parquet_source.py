"""Parquet files, alone or a folder of them, a few row groups' pages at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pandas as pd

from client.sources.raw_table import (
    CHUNK_ROWS,
    FIRST_ROW,
    RawTable,
    consecutive_rows,
    existing_columns,
)
from client.sources.remote import DataFile
from shared.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

PLAIN = "a column of single values or of lists of them"
PLAIN_FIX = "Export what is mapped as a column of its own."
SUFFIX = ".parquet"
# How Hive and its successors write a missing value into a folder's name.
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class _Part:
    """One file, and what the names of its folders say of all its rows."""

    file: DataFile
    constants: dict[str, str | None]


class ParquetSource:
    """A Parquet file, or all in a folder in the order of their paths.

    Only the mapped columns are taken from the disk.
    """

    def __init__(self, file: DataFile) -> None:
        self._file = file

    @property
    def name(self) -> str:
        """The file's or folder's name."""
        return self._file.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the named columns in the types the files have."""
        row = FIRST_ROW
        expected: set[str] | None = None
        for part in self._parts():
            for table in self._read(part, columns, row):
                names = set(map(str, table.cells))
                if expected is not None and names != expected:
                    raise self._differing(part, names ^ expected)
                expected = names
                row += table.rows_read
                yield table

    def _parts(self) -> list[_Part]:
        if not self._file.is_folder():
            self._file.refuse_absent()
            return [_Part(self._file, {})]
        start = len(self._file.path.rstrip("/")) + 1
        files = self._file.files(SUFFIX)
        if not files:
            raise DataError(
                f"{self._file.address} has no file whose name ends in {SUFFIX}.",
                "Correct source.path in the mapping.",
            )
        return [_Part(file, _folder_values(file.path[start:])) for file in files]

    def _read(self, part: _Part, columns: Sequence[str], row: int) -> Iterator[RawTable]:
        """Yield the rows of one file, the first of which has the number `row`."""
        with self._opened(part.file) as file:
            schema = file.schema_arrow
            stored = [name for name in schema.names if name not in part.constants]
            found, problems = existing_columns(stored, columns, self.name)
            # A table inside a cell could hold any field, under names that nobody mapped.
            nested = [name for name in found if _has_parts(schema.field(name).type)]
            problems += [Problem(self.name, None, name, PLAIN, PLAIN_FIX) for name in nested]
            names = [name for name in found if name not in nested]
            constants = {name: part.constants[name] for name in columns if name in part.constants}
            empty = schema.empty_table().select(names).to_batches()
            for batch in _record_batches(file, names) if file.metadata.num_rows else empty:
                rows = consecutive_rows(batch.num_rows, row)
                yield RawTable(_cells(batch, constants), rows, batch.num_rows, problems)
                row += batch.num_rows

    @contextmanager
    def _opened(self, place: DataFile) -> Iterator[parquet.ParquetFile]:
        """Open a file; a damaged one becomes a DataError without its content."""
        import pyarrow
        from pyarrow import parquet

        try:
            with place.open() as opened, parquet.ParquetFile(opened) as file:
                yield file
        except (pyarrow.ArrowException, OSError, ValueError):
            # The reason may quote a value, so it is not passed on.
            raise DataError(
                f"{place.name} is not a Parquet file, or is damaged, or is not written to its end.",
                "Export it again; for a text file, set source.kind to csv.",
            ) from None

    def _differing(self, part: _Part, names: set[str]) -> DataError:
        listed = ", ".join(sorted(names))
        return DataError(
            f"{part.file.address} does not have the same columns as the files before it: {listed}.",
            "Export all files of the folder anew, with the same columns.",
        )


def _record_batches(
    file: parquet.ParquetFile, columns: Sequence[str]
) -> Iterator[pyarrow.RecordBatch]:
    """Yield the rows, some row groups after the other.

    Read in one go, a file's pages stay in memory until its end.
    """
    groups: list[int] = []
    rows = 0
    for group in range(file.metadata.num_row_groups):
        groups.append(group)
        rows += file.metadata.row_group(group).num_rows
        if rows >= CHUNK_ROWS or group == file.metadata.num_row_groups - 1:
            yield from file.iter_batches(CHUNK_ROWS, row_groups=groups, columns=columns)
            groups, rows = [], 0


def _cells(batch: pyarrow.RecordBatch, constants: dict[str, str | None]) -> pd.DataFrame:
    cells: pd.DataFrame = batch.to_pandas(types_mapper=_with_gaps, ignore_metadata=True)
    if not len(cells.columns):
        cells = pd.DataFrame(index=range(batch.num_rows))
    return cells.assign(
        **{name: pd.Series([value] * len(cells), dtype=object) for name, value in constants.items()}
    )


def _with_gaps(kind: pyarrow.DataType) -> object:
    """Return a type of pandas that has missing cells, where its usual one has none.

    Whole numbers with gaps would otherwise become floats, and long codes lose digits.
    """
    from pyarrow import types

    if types.is_boolean(kind):
        return pd.BooleanDtype()
    if types.is_unsigned_integer(kind):
        return pd.UInt64Dtype()
    return pd.Int64Dtype() if types.is_integer(kind) else None


def _folder_values(path: str) -> dict[str, str | None]:
    """Return what folders called ``key=value`` say, as in ``year=2024/part-0.parquet``."""
    pairs = [folder.split("=", 1) for folder in path.split("/")[:-1] if "=" in folder]
    return {key: None if value == NULL_FOLDER else unquote(value) for key, value in pairs}


def _has_parts(kind: pyarrow.DataType) -> bool:
    """Return whether cells of an Arrow type have named parts."""
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _has_parts(kind.value_type)
    return bool(types.is_nested(kind))
