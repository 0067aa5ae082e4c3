"""Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from client.sources.raw_table import (
    CHUNK_ROWS,
    RawTable,
    consecutive_rows,
    existing_columns,
    refuse_absent_file,
)
from shared.errors import DataError


class ParquetSource:
    """A Parquet file; only the mapped columns are taken from the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def read(self, columns: Sequence[str]) -> RawTable:
        """Load the named columns in the types the file has."""
        import pyarrow

        refuse_absent_file(self._path)
        try:
            return self._read(columns)
        except (pyarrow.ArrowException, OSError, ValueError):
            # The reason may quote a value, so it is not passed on.
            raise DataError(
                f"{self.name} is not a Parquet file, or is damaged.",
                "Export it again; for a text file, set source.kind to csv.",
            ) from None

    def _read(self, columns: Sequence[str]) -> RawTable:
        import pyarrow
        from pyarrow import parquet

        with parquet.ParquetFile(self._path) as file:
            places, problems = existing_columns(file.schema_arrow.names, columns, self.name)
            batches = list(file.iter_batches(batch_size=CHUNK_ROWS, columns=list(places)))
            count = file.metadata.num_rows
            schema = pyarrow.schema([file.schema_arrow.field(place) for place in places.values()])
        # Whole numbers with gaps would otherwise become floats, and long codes lose digits.
        cells: pd.DataFrame = pyarrow.Table.from_batches(batches, schema).to_pandas(
            integer_object_nulls=True, ignore_metadata=True
        )
        return RawTable(cells, consecutive_rows(count), count, problems)
