"""How hospitals keep their data: one description gives both the table and its mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import Any, Literal

import numpy as np
import pandas as pd

from simulations.patients import Patient

PATIENT_TABLE = "visit"
FINDING_TABLE = "finding"


@dataclass(frozen=True)
class LocalColumn:
    """One column as a hospital keeps it.

    Attributes
    ----------
    feature : str
        The contract's feature.
    column : str
        The local name.
    unit : str
        The local unit of a number, as a mapping names it.
    factor : float
        Local units in one of the contract's.
    decimals : int
        Of a number.
    codes : mapping of str to str
        The contract's code to the local one.
    flag : pair of str
        Local words for yes and no.
    separator : str
        Between terms.
    missing_share : float
        Share of the patients for whom nothing was recorded.
    """

    feature: str
    column: str
    unit: str = ""
    factor: float = 1.0
    decimals: int = 0
    codes: Mapping[str, str] = field(default_factory=dict)
    flag: tuple[str, str] | None = None
    separator: str = ""
    missing_share: float = 0.0

    def cell(self, value: object) -> str:
        """Return one value as the hospital writes it."""
        if self.unit:
            number = float(str(value)) * self.factor
            # Whole numbers are completed units, as people say their age.
            return f"{number:.{self.decimals}f}" if self.decimals else f"{floor(number)}"
        if self.codes:
            return self.codes[str(value)]
        if self.flag is not None:
            return self.flag[0] if value else self.flag[1]
        return self.separator.join(value) if isinstance(value, tuple) else str(value)

    def mapping(self) -> dict[str, Any]:
        """Return the column's entry in the mapping file."""
        entry: dict[str, Any] = {"column": self.column, "feature": self.feature}
        if self.unit:
            entry["unit"] = self.unit
        if self.codes:
            entry["codes"] = {local: code for code, local in self.codes.items()}
        if self.flag is not None:
            entry["true"], entry["false"] = [self.flag[0]], [self.flag[1]]
        if self.separator:
            entry["separator"] = self.separator
        return entry


@dataclass(frozen=True)
class LocalForm:
    """How one hospital keeps its patients.

    Attributes
    ----------
    kind : {"csv", "parquet", "sql"}
    file : str
        Name of the data file; an SQLite database for ``sql``.
    columns : sequence of LocalColumn
    patient : str
        Column of the hospital's own patient number.
    label : str
        Column of the diagnosis.
    labels : mapping of str to str
        The contract's class code to the local one.
    missing : str
        What stands for "not recorded".
    separator, encoding, decimal : str
        Of a CSV file; `decimal` is the sign before the fraction of a number.
    """

    kind: Literal["csv", "parquet", "sql"]
    file: str
    columns: Sequence[LocalColumn]
    patient: str
    label: str
    labels: Mapping[str, str]
    missing: str = ""
    separator: str = ","
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."

    def table(self, patients: Sequence[Patient], generator: np.random.Generator) -> pd.DataFrame:
        """Return the patients as the hospital keeps them, every cell as text."""
        content = {self.patient: [f"{1001 + index}" for index in range(len(patients))]}
        for column in self.columns:
            gone = generator.random(len(patients)) < column.missing_share
            cells = [column.cell(getattr(patient, column.feature)) for patient in patients]
            if column.unit:
                cells = [cell.replace(".", self.decimal) for cell in cells]
            content[column.column] = [
                self.missing if absent or not cell else cell
                for absent, cell in zip(gone, cells, strict=True)
            ]
        content[self.label] = [self.labels[patient.diagnosis] for patient in patients]
        return pd.DataFrame(content)

    def mapping(self) -> dict[str, Any]:
        """Return the mapping file's content."""
        return {
            "source": self.source(),
            "rows": {
                "bad_rows": "stop",
                "patient": self.patient,
                "missing": sorted({"", self.missing}),
            },
            "label": {
                "column": self.label,
                "codes": {local: code for code, local in self.labels.items()},
            },
            "column": [column.mapping() for column in self.columns],
        }

    def source(self) -> dict[str, str]:
        """Return the part of the mapping that says where the data are."""
        if self.kind == "sql":
            return {"kind": "sql", "url": f"sqlite:///{self.file}", "query": self.query()}
        if self.kind == "parquet":
            return {"kind": "parquet", "path": self.file}
        return {
            "kind": "csv",
            "path": self.file,
            "separator": self.separator,
            "encoding": self.encoding,
            "decimal": self.decimal,
        }

    def query(self) -> str:
        """Return the SQL that gives one row per patient, its findings in one cell."""
        chosen = [self.patient, *(each.column for each in self.columns), self.label]
        parts = [
            f"(SELECT group_concat(code, '{each.separator}') FROM {FINDING_TABLE} "  # noqa: S608
            f"WHERE {FINDING_TABLE}.{self.patient} = {PATIENT_TABLE}.{self.patient}) "
            f"AS {each.column}"
            for each in self.columns
            if each.separator
        ]
        stored = [name for name in chosen if name not in self.finding_columns()]
        return (
            f"SELECT {', '.join(stored + parts)} FROM {PATIENT_TABLE} "  # noqa: S608
            f"ORDER BY {self.patient}"
        )

    def typed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return `table` with numbers as numbers and nulls where nothing was recorded."""
        numeric = [each.column for each in self.columns if each.unit]
        blank = table.mask(table == self.missing, None)
        return blank.assign(**{name: pd.to_numeric(blank[name]) for name in numeric})

    def finding_columns(self) -> list[str]:
        """Return the columns that a database keeps in a table of their own."""
        return [each.column for each in self.columns if each.separator]
