"""The heart hospitals' patients as three other hospitals would write them down.

The forms were written after the mapping assistant and its words, to see what it makes of names,
codes and units that nobody had in mind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from shared.contract import Contract, NumericFeature
from shared.records import Records

# mmol/L of cholesterol in one mg/dL, and kPa in one mm[Hg].
MMOL_PER_MG = 1 / 38.665
KPA_PER_MMHG = 0.133322


@dataclass(frozen=True)
class OtherColumn:
    """One column as another hospital keeps it.

    Attributes
    ----------
    feature, column : str
    unit : str
    factor : float
        Local units in one of the contract's.
    decimals : int
    codes : mapping of str to str
        The contract's code (or 1 and 0 of a flag) to the local one.
    """

    feature: str
    column: str
    unit: str = ""
    factor: float = 1.0
    decimals: int = 0
    codes: Mapping[str, str] = field(default_factory=dict)

    def cells(self, values: pd.Series, missing: str, decimal: str) -> list[str]:
        """Return the column as text."""
        return [self._cell(value, missing, decimal) for value in values]

    def _cell(self, value: Any, missing: str, decimal: str) -> str:  # noqa: ANN401
        if pd.isna(value):
            return missing
        if not self.codes:
            return f"{value * self.factor:.{self.decimals}f}".replace(".", decimal)
        return self.codes[str(int(value)) if isinstance(value, float) else str(value)]

    def mapping(self, contract: Contract) -> dict[str, Any]:
        """Return the column's entry in a right mapping."""
        entry: dict[str, Any] = {"column": self.column, "feature": self.feature}
        feature = contract.features[self.feature]
        if isinstance(feature, NumericFeature):
            return {**entry, "unit": self.unit or feature.unit}
        if feature.kind == "flag":
            return {**entry, "true": [self.codes["1"]], "false": [self.codes["0"]]}
        return {**entry, "codes": {local: code for code, local in self.codes.items()}}


@dataclass(frozen=True)
class OtherForm:
    """How another hospital keeps patients of the heart contract."""

    name: str
    columns: Sequence[OtherColumn]
    patient: str
    label: str
    labels: Mapping[str, str]
    missing: str
    decimal: str = "."
    separator: str = ";"
    encoding: str = "utf-8"
    extra: Mapping[str, str] = field(default_factory=dict)

    def write(self, records: Records, folder: Path) -> Path:
        """Write the patients as a CSV file; those of a class that the form has no code for not."""
        kept = [label in self.labels for label in records.labels]
        table = records.table[kept].reset_index(drop=True)
        content: dict[str, list[str]] = {
            self.patient: [f"{7000 + row}" for row in range(len(table))],
            **{
                name: [f"{word} {row}" for row in range(len(table))]
                for name, word in self.extra.items()
            },
        }
        for each in self.columns:
            content[each.column] = each.cells(table[each.feature], self.missing, self.decimal)
        content[self.label] = [
            self.labels[label] for label in records.labels if label in self.labels
        ]
        path = folder / f"{self.name}.csv"
        pd.DataFrame(content).to_csv(path, sep=self.separator, encoding=self.encoding, index=False)
        return path

    def mapping(self, contract: Contract) -> dict[str, Any]:
        """Return a right mapping of the file."""
        return {
            "source": {
                "kind": "csv",
                "path": f"{self.name}.csv",
                "separator": self.separator,
                "encoding": self.encoding,
                "decimal": self.decimal,
            },
            "rows": {"patient": self.patient, "missing": sorted({"", self.missing})},
            "label": {
                "column": self.label,
                "codes": {local: code for code, local in self.labels.items()},
            },
            "column": [each.mapping(contract) for each in self.columns],
        }


SI_NO = {"1": "Sí", "0": "No"}
Y_N = {"1": "Y", "0": "N"}
ONE_ZERO = {"1": "1", "0": "0"}
GRADES = ("none", "grade_1", "grade_2", "grade_3", "grade_4")

SPANISH_WORDS = OtherForm(
    name="burgos",
    patient="NHC",
    label="Diagnóstico",
    labels=dict(
        zip(GRADES, ["Sin enfermedad", "Grado 1", "Grado 2", "Grado 3", "Grado 4"], strict=True)
    ),
    missing="s/d",
    decimal=",",
    encoding="cp1252",
    extra={"Apellidos": "Pérez"},
    columns=[
        OtherColumn("age", "Edad"),
        OtherColumn("sex", "Sexo", codes={"female": "M", "male": "V"}),
        OtherColumn(
            "chest_pain",
            "Tipo de dolor",
            codes={
                "typical_angina": "Angina típica",
                "atypical_angina": "Angina atípica",
                "non_anginal": "No anginoso",
                "asymptomatic": "Asintomático",
            },
        ),
        OtherColumn("resting_blood_pressure", "T.A. sistólica (mmHg)"),
        OtherColumn("cholesterol", "Colesterol (mmol/L)", "mmol/L", MMOL_PER_MG, 2),
        OtherColumn("fasting_blood_sugar_above_120", "Glucemia > 120", codes=SI_NO),
        OtherColumn(
            "resting_ecg",
            "ECG basal",
            codes={
                "normal": "Normal",
                "st_t_abnormality": "Alteración ST-T",
                "left_ventricular_hypertrophy": "HVI",
            },
        ),
        OtherColumn("maximum_heart_rate", "FC máxima"),
        OtherColumn("exercise_angina", "Angina con esfuerzo", codes=SI_NO),
        OtherColumn("st_depression", "Descenso del ST (mm)", decimals=1),
        OtherColumn(
            "st_slope",
            "Pendiente",
            codes={"rising": "Ascendente", "flat": "Plana", "falling": "Descendente"},
        ),
        OtherColumn("major_vessels", "Nº de vasos"),
        OtherColumn(
            "thallium_scan",
            "Talio",
            codes={
                "normal": "Normal",
                "fixed_defect": "Defecto fijo",
                "reversible_defect": "Defecto reversible",
            },
        ),
    ],
)
ENGLISH_NAMES = OtherForm(
    name="leeds",
    patient="study_no",
    label="cad_grade",
    labels=dict(zip(GRADES, "01234", strict=True)),
    missing="-9",
    separator="\t",
    extra={"Surname": "Smith"},
    columns=[
        OtherColumn("age", "age_at_exam_yrs"),
        OtherColumn("sex", "gender", codes={"female": "Female", "male": "Male"}),
        OtherColumn(
            "chest_pain",
            "angina_class",
            codes={
                "typical_angina": "TA",
                "atypical_angina": "ATA",
                "non_anginal": "NAP",
                "asymptomatic": "ASY",
            },
        ),
        OtherColumn("resting_blood_pressure", "sbp_kpa", "kPa", KPA_PER_MMHG, 1),
        OtherColumn("cholesterol", "total_chol", "mmol/L", MMOL_PER_MG, 1),
        OtherColumn("fasting_blood_sugar_above_120", "fasting_glucose_raised", codes=Y_N),
        OtherColumn(
            "resting_ecg",
            "ekg_rest",
            codes={
                "normal": "Normal",
                "st_t_abnormality": "ST",
                "left_ventricular_hypertrophy": "LVH",
            },
        ),
        OtherColumn("maximum_heart_rate", "peak_hr"),
        OtherColumn("exercise_angina", "exertional_angina", codes=Y_N),
        OtherColumn("st_depression", "st_dep_mm", decimals=1),
        OtherColumn(
            "st_slope",
            "st_segment_slope",
            codes={"rising": "Up", "flat": "Flat", "falling": "Down"},
        ),
        OtherColumn("major_vessels", "n_vessels"),
        OtherColumn(
            "thallium_scan",
            "thallium_result",
            codes={
                "normal": "normal",
                "fixed_defect": "fixed",
                "reversible_defect": "reversible",
            },
        ),
    ],
)
ABBREVIATIONS = OtherForm(
    name="olmedo",
    patient="HISTORIA",
    label="DIAG",
    labels=dict(zip(GRADES, "01234", strict=True)),
    missing="999",
    separator=",",
    columns=[
        OtherColumn("age", "EDAD"),
        OtherColumn("sex", "SEXO", codes={"male": "1", "female": "2"}),
        OtherColumn(
            "chest_pain",
            "DOL_PREC",
            codes={
                "typical_angina": "1",
                "atypical_angina": "2",
                "non_anginal": "3",
                "asymptomatic": "4",
            },
        ),
        OtherColumn("resting_blood_pressure", "TAS"),
        OtherColumn("cholesterol", "COL"),
        OtherColumn("fasting_blood_sugar_above_120", "GLU120", codes=ONE_ZERO),
        OtherColumn(
            "resting_ecg",
            "ECG",
            codes={
                "normal": "0",
                "st_t_abnormality": "1",
                "left_ventricular_hypertrophy": "2",
            },
        ),
        OtherColumn("maximum_heart_rate", "FCMAX"),
        OtherColumn("exercise_angina", "ANG_ESF", codes=ONE_ZERO),
        OtherColumn("st_depression", "INFRA_ST", decimals=1),
        OtherColumn("st_slope", "PEND", codes={"rising": "1", "flat": "2", "falling": "3"}),
        OtherColumn("major_vessels", "VASOS"),
        OtherColumn(
            "thallium_scan",
            "GAMMA_TL",
            codes={"normal": "3", "fixed_defect": "6", "reversible_defect": "7"},
        ),
    ],
)
OTHER_HEART_FORMS = (SPANISH_WORDS, ENGLISH_NAMES, ABBREVIATIONS)
