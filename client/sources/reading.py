"""Opening the source that a mapping names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from client.sources.mapping import CsvSettings, Mapping, ParquetSettings
from client.sources.raw_table import RawTable


class Source(Protocol):
    """Where a hospital keeps its records."""

    @property
    def name(self) -> str:
        """What a person calls the source; holds no password."""

    def read(self, columns: Sequence[str]) -> RawTable:
        """Load the named columns, and no others; those that do not exist are left out.

        Raises
        ------
        DataError
            When the source cannot be read at all.
        """


def open_source(mapping: Mapping, folder: Path) -> Source:
    """Return the source of a mapping; relative paths start at `folder`."""
    # Each reader brings a library of its own, so only the one that is needed is loaded.
    settings = mapping.source
    if isinstance(settings, CsvSettings):
        from client.sources.csv_source import CsvSource

        return CsvSource(settings, folder / settings.path)
    if isinstance(settings, ParquetSettings):
        from client.sources.parquet_source import ParquetSource

        return ParquetSource(folder / settings.path)
    from client.sources.sql_source import SqlSource

    return SqlSource(settings, folder)
