"""A contract with every kind of feature, and a hospital's files for it."""

from __future__ import annotations

import copy
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from shared.contract import Contract

# In every bad cell: no message may ever show it.
SENTINEL = "Garcia1957"

CONTRACT = Contract.model_validate(
    {
        "name": "small",
        "version": "1.0.0",
        "description": "Every kind of feature",
        "identifying_fields": ["last_name", "birth_date"],
        "feature": [
            {
                "name": "age",
                "kind": "numeric",
                "description": "Age",
                "unit": "a",
                "minimum": 0,
                "maximum": 120,
            },
            {
                "name": "pressure",
                "kind": "numeric",
                "description": "Blood pressure",
                "unit": "mm[Hg]",
                "minimum": 50,
                "maximum": 260,
            },
            {
                "name": "pain",
                "kind": "categorical",
                "description": "Pain",
                "codes": [{"code": "typical", "name": "T"}, {"code": "other", "name": "O"}],
            },
            {"name": "fever", "kind": "flag", "description": "Fever"},
            {
                "name": "phenotypes",
                "kind": "terms",
                "description": "Observed terms",
                "code_system": "HPO",
                "maximum_terms": 3,
            },
            {"name": "note", "kind": "text", "description": "Letter", "maximum_length": 30},
        ],
        "target": [
            {"code": "none", "name": "None", "frequency": "common"},
            {"code": "disease", "name": "Disease", "frequency": "common"},
            {"code": "grade_1", "name": "One", "frequency": "common", "parent": "disease"},
            {"code": "grade_2", "name": "Two", "frequency": "rare", "parent": "disease"},
        ],
    }
)

MAPPING: dict[str, Any] = {
    "source": {"kind": "csv", "path": "patients.csv"},
    "rows": {"patient": "id", "missing": ["", "?"]},
    "label": {"column": "diagnosis", "codes": {"0": "none", "1": "disease", "2": "grade_2"}},
    "column": [
        {"column": "years", "feature": "age", "unit": "a", "missing": ["999"]},
        {"column": "rr", "feature": "pressure", "unit": "kPa"},
        {"column": "cp", "feature": "pain", "codes": {"1": "typical", "2": "other"}},
        {"column": "fev", "feature": "fever", "true": ["1", "yes"], "false": ["0", "no"]},
        {"column": "hpo", "feature": "phenotypes", "separator": "|", "codes": {"7": "HP:0000007"}},
        {"column": "letter", "feature": "note"},
    ],
}

# An unmapped column with a name in it stands first.
ROWS: dict[str, list[str]] = {
    "Last Name": [SENTINEL] * 4,
    "id": ["10", "11", "12", "13"],
    "years": ["40", "50.5", "", "999"],
    "rr": ["16", "?", "20", "18.5"],
    "cp": ["1", "2", "typical", ""],
    "fev": ["1", "no", "", "0"],
    "hpo": ["HP:0001250|HP:0000007", "7", "", "HP:0001250|HP:0001250"],
    "letter": ["seizures; since spring", "", 'no, "none"', "tired"],
    "diagnosis": ["0", "1", "2", "grade_1"],
}


def mapping(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping with some keys of its tables changed, as in ``rows={"missing": []}``."""
    content = copy.deepcopy(MAPPING)
    for table, values in changes.items():
        content[table] = {**content[table], **values}
    return content


def column_of(content: dict[str, Any], feature: str) -> dict[str, Any]:
    """Return the entry of one feature."""
    entry: dict[str, Any] = next(each for each in content["column"] if each["feature"] == feature)
    return entry


def rows(**changes: list[str]) -> dict[str, list[str]]:
    return {**ROWS, **changes}


def write(
    folder: Path, content: dict[str, Any] = MAPPING, cells: dict[str, list[str]] = ROWS
) -> Path:
    """Write a CSV file and its mapping; return the mapping's path."""
    separator = content["source"].get("separator", ",")
    pd.DataFrame(cells).to_csv(folder / "patients.csv", index=False, sep=separator)
    return write_mapping(folder, content)


def write_mapping(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "mapping.toml"
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def write_parquet(folder: Path, table: pd.DataFrame, content: dict[str, Any] = MAPPING) -> Path:
    table.to_parquet(folder / "patients.parquet", index=False)
    source = {"kind": "parquet", "path": "patients.parquet"}
    return write_mapping(folder, {**content, "source": source})


def write_sqlite(folder: Path, table: pd.DataFrame, content: dict[str, Any] = MAPPING) -> Path:
    connection = sqlite3.connect(folder / "hospital.db")
    table.to_sql("patients", connection, index=False)
    connection.close()
    source = {"kind": "sql", "url": "sqlite:///hospital.db", "query": "select * from patients"}
    return write_mapping(folder, {**content, "source": source})


def typed_rows() -> pd.DataFrame:
    """Return the rows as a source with types holds them: numbers, nulls, truth values."""
    table = pd.DataFrame(ROWS).replace({"": None, "?": None})
    table["id"] = table["id"].astype("int64")
    table["years"] = table["years"].astype("float64")
    table["rr"] = table["rr"].astype("float64")
    table["fev"] = pd.Series([True, False, None, False], dtype="boolean")
    return table
