"""Heart patients as flat files: text in Spanish with other units, a spreadsheet, Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from shared.records import Records
from simulations.local_files import write_mapping

PATIENT, LABEL = "nhc", "diagnostico"
GRADES = ["disease", "grade_1", "grade_2", "grade_3", "grade_4"]
SPANISH_LABELS = {"none": "sano", "disease": "cardiopatía"} | {
    grade: f"cardiopatía, grado {grade[-1]}" for grade in GRADES[1:]
}
NOT_RECORDED = "s/d"


@dataclass(frozen=True)
class SpanishColumn:
    """A column of the text file.

    Attributes
    ----------
    name : str
    unit : str
        Of a number, as a mapping names it.
    factor : float
        Its units in one of the contract's.
    codes : mapping of str to str
        The contract's code to the local word.
    is_flag : bool
    """

    name: str
    unit: str = ""
    factor: float = 1.0
    codes: Mapping[str, str] = field(default_factory=dict)
    is_flag: bool = False

    def cell(self, value: Any) -> str:  # noqa: ANN401 - of any feature
        """Return a value as the hospital writes it."""
        if pd.isna(value):
            return NOT_RECORDED
        if self.unit:
            return repr(float(value) * self.factor).replace(".", ",")
        if self.is_flag:
            return "sí" if value else "no"
        return self.codes[value]

    def mapping(self, feature: str) -> dict[str, Any]:
        """Return its entry in the mapping."""
        entry: dict[str, Any] = {"column": self.name, "feature": feature}
        if self.unit:
            return {**entry, "unit": self.unit}
        if self.is_flag:
            return {**entry, "true": ["sí"], "false": ["no"]}
        return {**entry, "codes": {local: code for code, local in self.codes.items()}}


SPANISH: dict[str, SpanishColumn] = {
    "age": SpanishColumn("edad_meses", "mo", 12),
    "sex": SpanishColumn("sexo", codes={"female": "mujer", "male": "varón"}),
    "chest_pain": SpanishColumn(
        "dolor_torácico",
        codes={
            "typical_angina": "angina típica",
            "atypical_angina": "angina atípica",
            "non_anginal": "no anginoso",
            "asymptomatic": "asintomático",
        },
    ),
    "resting_blood_pressure": SpanishColumn("tensión", "kPa", 0.133322387415),
    "cholesterol": SpanishColumn("colesterol", "g/L", 0.01),
    "fasting_blood_sugar_above_120": SpanishColumn("glucemia_mayor_120", is_flag=True),
    "resting_ecg": SpanishColumn(
        "ecg",
        codes={
            "normal": "normal",
            "st_t_abnormality": "alteración ST-T",
            "left_ventricular_hypertrophy": "hipertrofia",
        },
    ),
    "maximum_heart_rate": SpanishColumn("frecuencia_máxima", "Hz", 1 / 60),
    "exercise_angina": SpanishColumn("angina_esfuerzo", is_flag=True),
    "st_depression": SpanishColumn("descenso_st", "cm", 0.1),
    "st_slope": SpanishColumn(
        "pendiente_st", codes={"rising": "ascendente", "flat": "plana", "falling": "descendente"}
    ),
    "major_vessels": SpanishColumn("vasos", "1"),
    "thallium_scan": SpanishColumn(
        "talio",
        codes={
            "normal": "normal",
            "fixed_defect": "defecto fijo",
            "reversible_defect": "defecto reversible",
        },
    ),
}


def write_spanish_csv(records: Records, folder: Path) -> Path:
    """Write heart records as a Spanish hospital does, and the mapping; return the mapping.

    Semicolons, decimal commas, cp1252, words with accents, and other units throughout.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cells: dict[str, list[str]] = {PATIENT: [f"NHC-{row:05}" for row in range(len(records))]}
    for feature, column in SPANISH.items():
        cells[column.name] = [column.cell(value) for value in records.table[feature]]
    cells[LABEL] = [SPANISH_LABELS[label] for label in records.labels]
    pd.DataFrame(cells).to_csv(
        folder / "pacientes.csv", sep=";", index=False, encoding="cp1252", lineterminator="\r\n"
    )
    source = {
        "kind": "csv",
        "path": "pacientes.csv",
        "separator": ";",
        "encoding": "cp1252",
        "decimal": ",",
    }
    return write_mapping(
        {
            "source": source,
            "rows": {"patient": PATIENT, "missing": ["", NOT_RECORDED]},
            "label": {
                "column": LABEL,
                "codes": {local: code for code, local in SPANISH_LABELS.items()},
            },
            "column": [column.mapping(feature) for feature, column in SPANISH.items()],
        },
        folder,
    )


def write_excel(records: Records, folder: Path) -> Path:
    """Write heart records as a spreadsheet under a title, and the mapping; return the mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    table = _plain_table(records)
    with pd.ExcelWriter(folder / "patients.xlsx") as writer:
        table.to_excel(writer, sheet_name="Patients", index=False, startrow=2)
        pd.DataFrame({"of": ["2024"]}).to_excel(writer, sheet_name="About", index=False)
    source = {"kind": "excel", "path": "patients.xlsx", "sheet": "Patients", "header_row": 3}
    return write_mapping(plain_mapping(source), folder)


def write_parquet(records: Records, folder: Path) -> Path:
    """Write heart records as a folder of two Parquet files, and the mapping; return the mapping."""
    export = folder / "export"
    export.mkdir(parents=True, exist_ok=True)
    table, half = _plain_table(records), len(records) // 2
    for part, rows in enumerate([slice(0, half), slice(half, None)]):
        table.iloc[rows].to_parquet(export / f"part-{part}.parquet", index=False)
    return write_mapping(plain_mapping({"kind": "parquet", "path": "export"}), folder)


def plain_mapping(source: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping of a table that has the contract's own names, units and codes."""
    units = {"age": "a", "resting_blood_pressure": "mm[Hg]", "cholesterol": "mg/dL"}
    units |= {"maximum_heart_rate": "/min", "st_depression": "mm"}
    return {
        "source": source,
        "rows": {"patient": PATIENT},
        "label": {"column": LABEL},
        "column": [
            {"column": name, "feature": name, **({"unit": units[name]} if name in units else {})}
            for name in SPANISH
        ],
    }


def _plain_table(records: Records) -> pd.DataFrame:
    table = records.table.copy()
    table.insert(0, PATIENT, range(1001, 1001 + len(records)))
    table[LABEL] = records.labels
    return table
