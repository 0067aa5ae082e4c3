"""Opening the source that a mapping names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from client.sources.fhir.settings import FhirSettings
from client.sources.file_settings import CsvSettings, ExcelSettings, FileSettings
from client.sources.mapping import Mapping
from client.sources.omop.settings import OmopSettings
from client.sources.phenopackets.settings import PhenopacketsSettings
from client.sources.raw_table import RawTable


class Source(Protocol):
    """Where a hospital keeps its records, larger than memory if need be."""

    @property
    def name(self) -> str:
        """What a person calls the source; holds no password."""

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the named columns, and no others, some rows at a time.

        The rows come in the same order whenever the source is the same, at most
        `raw_table.CHUNK_ROWS` in a batch; their numbers go on from one batch to the next. There is
        at least one batch, which has the columns even where there are no rows. Columns that do not
        exist are left out of every batch; a problem of a whole column may be in several. What is
        open is closed when the iterator ends or is closed.

        Raises
        ------
        DataError
            When the source cannot be read at all, or not to its end.
        SettingsError
            When what the mapping says of it cannot be.
        """


def open_source(mapping: Mapping, folder: Path) -> Source:
    """Return the source of a mapping; relative paths start at `folder`."""
    # Each reader brings a library of its own, so only the one that is needed is loaded.
    settings = mapping.source
    if isinstance(settings, FileSettings):
        return _open_file(settings, folder)
    if isinstance(settings, FhirSettings):
        from client.sources.fhir.source import FhirSource

        return FhirSource(settings, folder, _units(mapping))
    if isinstance(settings, OmopSettings):
        from client.sources.omop.source import OmopSource

        return OmopSource(settings, folder, _units(mapping))
    from client.sources.sql_source import SqlSource

    return SqlSource(settings, folder)


def _units(mapping: Mapping) -> dict[str, str]:
    """Return the unit of each column that has one unit."""
    return {each.column: each.unit for each in mapping.column if each.unit is not None}


def _open_file(settings: FileSettings, folder: Path) -> Source:
    from client.sources.remote import locate

    file = locate(settings, folder)
    if isinstance(settings, CsvSettings):
        from client.sources.csv_source import CsvSource

        return CsvSource(settings, file)
    if isinstance(settings, ExcelSettings):
        from client.sources.excel_source import ExcelSource

        return ExcelSource(settings, file)
    if isinstance(settings, PhenopacketsSettings):
        from client.sources.phenopackets.source import PhenopacketsSource

        return PhenopacketsSource(file)
    from client.sources.parquet_source import ParquetSource

    return ParquetSource(file)
