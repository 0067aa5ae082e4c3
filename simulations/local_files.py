"""Writing a simulated hospital's files: CSV, Parquet or an SQLite database, and the mapping."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from simulations.local_forms import FINDING_TABLE, PATIENT_TABLE, LocalForm


def write_local_files(form: LocalForm, table: pd.DataFrame, folder: Path) -> Path:
    """Write the hospital's file and its mapping; return the mapping's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / form.file
    if form.kind == "csv":
        # The same bytes on every platform.
        table.to_csv(
            path, sep=form.separator, encoding=form.encoding, index=False, lineterminator="\n"
        )
    elif form.kind == "parquet":
        form.typed(table).to_parquet(path, index=False)
    else:
        _write_database(form, table, path)
    return write_mapping(form.mapping(), folder)


def write_mapping(content: dict[str, Any], folder: Path) -> Path:
    """Write ``mapping.toml`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mapping.toml"
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def _write_database(form: LocalForm, table: pd.DataFrame, path: Path) -> None:
    """Write an SQLite database: one table of visits, one of findings."""
    path.unlink(missing_ok=True)
    visits = form.typed(table).drop(columns=form.finding_columns())
    findings = [
        {form.patient: patient, "code": code}
        for column in form.columns
        if column.separator
        for patient, cell in zip(table[form.patient], table[column.column], strict=True)
        for code in cell.split(column.separator)
        if code != form.missing
    ]
    connection = sqlite3.connect(path)
    try:
        visits.to_sql(PATIENT_TABLE, connection, index=False)
        pd.DataFrame(findings).to_sql(FINDING_TABLE, connection, index=False)
    finally:
        connection.close()
