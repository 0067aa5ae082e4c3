"""A source as an administrator names it on the command line, to its first rows."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from client.mapping_assistant.sample import Sample
from client.sources.file_settings import STORAGES
from shared.contract import Contract
from shared.errors import DataError, SettingsError

KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".xls": "excel",
    ".ndjson": "fhir",
    ".jsonl": "fhir",
    ".json": "fhir",
    ".zip": "phenopackets",
}
OF_FOLDERS = {"*.parquet": "parquet", "*.ndjson*": "fhir", "*.jsonl*": "fhir", "*.json*": "fhir"}
PACKED = ".gz"


def open_sample(
    source: str,
    folder: Path,
    query: str | None = None,
    table: str | None = None,
    contract: Contract | None = None,
) -> Sample:
    """Return the first rows of a source.

    Parameters
    ----------
    source : str
        A file here or on cloud storage, a folder of Parquet files, FHIR resources or phenopackets,
        or the URL of a database.
    folder : Path
        The folder of the mapping file that will be written: paths in it start there.
    query, table : str, optional
        What of a database; `table` is also the sheet of a spreadsheet.
    contract : Contract, optional
        What fields of a FHIR export are looked for by.

    Raises
    ------
    SettingsError
        When nothing says what kind of source it is.
    DataError
        When it cannot be read.
    """
    if "://" in source and source.partition("://")[0] not in STORAGES:
        from client.mapping_assistant.database_sample import database_sample

        return database_sample(source, folder, query, table)
    kind = _kind_of(source)
    if query is not None or (table is not None and kind != "excel"):
        raise SettingsError(
            "A query or a table is of a database.",
            "Leave --query and --table out; only a spreadsheet has tables, its sheets.",
        )
    # Each brings a library of its own.
    from client.mapping_assistant.file_samples import csv_sample, excel_sample, parquet_sample

    path = _as_written(source, folder)
    if kind in ("fhir", "phenopackets"):
        from client.mapping_assistant.phenopackets_sample import holds_packets, phenopackets_sample

        if kind == "phenopackets" or holds_packets(path, folder):
            return phenopackets_sample(path, folder)
    if kind == "fhir" and contract is not None:
        from client.mapping_assistant.fhir_sample import fhir_sample

        return fhir_sample(path, folder, contract)
    if kind == "excel":
        return excel_sample(path, folder, table)
    return csv_sample(path, folder) if kind == "csv" else parquet_sample(path, folder)


def _kind_of(source: str) -> str:
    name = PurePosixPath(source.removesuffix(PACKED))
    kind = KINDS.get(name.suffix.casefold())
    if kind is not None:
        return kind
    path = Path(source)
    if path.is_dir():
        for pattern, folder_kind in OF_FOLDERS.items():
            if next(path.rglob(pattern), None) is not None:
                return folder_kind
        raise SettingsError(
            f"{source} is a folder without Parquet or FHIR files.",
            "Name a file, or a database's URL.",
        )
    if "://" not in source and not path.exists():
        raise DataError(f"{source} does not exist.", "Check the path.")
    raise SettingsError(
        f"Nothing says what {source!r} is.",
        f"Give a file that ends in {', '.join(KINDS)}, or the URL of a database.",
    )


def _as_written(source: str, folder: Path) -> str:
    """Return a path as the mapping will name it: from its own folder, where it lies inside."""
    if "://" in source:
        return source
    path = Path(source).resolve()
    relative = os.path.relpath(path, folder.resolve())
    return str(path) if relative.startswith("..") else Path(relative).as_posix()
