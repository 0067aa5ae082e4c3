"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from client.sources.raw_table import (
    CHUNK_ROWS,
    FIRST_ROW,
    RawTable,
    consecutive_rows,
    existing_columns,
    refuse_absent_file,
)
from shared.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow

PLAIN = "a column of single values or of lists of them"
PLAIN_FIX = "Export what is mapped as a column of its own."


class ParquetSource:
    """A Parquet file; only the mapped columns are taken from the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the named columns in the types the file has."""
        import pyarrow

        refuse_absent_file(self._path)
        try:
            yield from self._batches(columns)
        except (pyarrow.ArrowException, OSError, ValueError):
            # The reason may quote a value, so it is not passed on.
            raise DataError(
                f"{self.name} is not a Parquet file, or is damaged.",
                "Export it again; for a text file, set source.kind to csv.",
            ) from None

    def _batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        from pyarrow import parquet

        with parquet.ParquetFile(self._path) as file:
            found, problems = existing_columns(file.schema_arrow.names, columns, self.name)
            # A table inside a cell could hold any field, under names that nobody mapped.
            nested = [name for name in found if _has_parts(file.schema_arrow.field(name).type)]
            problems += [Problem(self.name, None, name, PLAIN, PLAIN_FIX) for name in nested]
            places = {name: place for name, place in found.items() if name not in nested}
            schema = file.schema_arrow
            empty = schema.empty_table().select(list(places)).to_batches()
            row = FIRST_ROW
            batches = file.iter_batches(batch_size=CHUNK_ROWS, columns=list(places))
            for batch in batches if file.metadata.num_rows else empty:
                # Whole numbers with gaps would otherwise become floats, and long codes lose digits.
                cells = batch.to_pandas(integer_object_nulls=True, ignore_metadata=True)
                rows = consecutive_rows(batch.num_rows, row)
                yield RawTable(cells, rows, batch.num_rows, problems)
                row += batch.num_rows


def _has_parts(kind: pyarrow.DataType) -> bool:
    """Return whether cells of an Arrow type have named parts."""
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _has_parts(kind.value_type)
    return bool(types.is_nested(kind))
