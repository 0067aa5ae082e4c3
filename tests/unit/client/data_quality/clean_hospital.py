"""A hospital of 600 made-up patients whose data have nothing wrong with them, and its contract."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

from client.data_quality.hospital_rows import HospitalRows
from client.data_quality.reading_rows import read_rows
from client.data_quality.settings import QualitySettings
from shared.contract import Contract

ROWS = 600
TODAY = date(2026, 6, 30)
FIRST_ROW = 2


def _number(
    name: str, unit: str, low: float, high: float, analyte: str | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "numeric",
        "description": name,
        "unit": unit,
        "minimum": low,
        "maximum": high,
        "analyte": analyte,
    }


def _codes(name: str, *codes: str) -> dict[str, Any]:
    listed = [{"code": code, "name": code.title()} for code in codes]
    return {"name": name, "kind": "categorical", "description": name, "codes": listed}


def _flag(name: str) -> dict[str, Any]:
    return {"name": name, "kind": "flag", "description": name}


CONTRACT = Contract.model_validate(
    {
        "name": "clinic",
        "version": "1.0.0",
        "description": "A clinic with every kind of feature",
        "identifying_fields": ["last_name"],
        "feature": [
            _number("age", "a", 0, 120),
            _codes("sex", "female", "male"),
            _number("systolic", "mm[Hg]", 50, 260),
            _number("diastolic", "mm[Hg]", 20, 160),
            _number("cholesterol", "mg/dL", 20, 700, analyte="cholesterol"),
            _number("glucose", "mg/dL", 10, 900, analyte="glucose"),
            _number("height", "cm", 40, 230),
            _number("weight", "kg", 1, 350),
            _number("temperature", "Cel", 30, 44),
            _number("pain_score", "1", 0, 10),
            _codes("smoking", "never", "former", "current"),
            _flag("fever"),
            _flag("pregnant"),
            {
                "name": "phenotypes",
                "kind": "terms",
                "description": "Observed findings",
                "code_system": "HPO",
            },
            {"name": "note", "kind": "text", "description": "Letter"},
        ],
        "target": [
            {"code": "healthy", "name": "No disease", "frequency": "common"},
            {
                "code": "infarction",
                "name": "Myocardial infarction",
                "frequency": "common",
                "synonyms": ["heart attack", "infarto de miocardio"],
            },
            {
                "code": "pneumonia",
                "name": "Pneumonia",
                "frequency": "common",
                "synonyms": ["neumonía"],
            },
            {
                "code": "prostate_cancer",
                "name": "Prostate cancer",
                "frequency": "rare",
                "synonyms": ["cáncer de próstata"],
            },
        ],
    }
)

MAPPING: dict[str, Any] = {
    "source": {"kind": "csv", "path": "patients.csv"},
    "rows": {
        "bad_rows": "set_aside",
        "patient": "id",
        "patient_rows": "several",
        "date": "visited",
        "clinic": "ward",
    },
    "label": {
        "column": "dx",
        "codes": {
            "Z00": "healthy",
            "I21": "infarction",
            "J18": "pneumonia",
            "C61": "prostate_cancer",
            "I84": "healthy",
        },
    },
    "column": [
        {"column": "years", "feature": "age", "unit": "a"},
        {"column": "sex", "feature": "sex", "codes": {"F": "female", "M": "male"}},
        {"column": "sbp", "feature": "systolic", "unit": "mm[Hg]"},
        {"column": "dbp", "feature": "diastolic", "unit": "mm[Hg]"},
        {"column": "chol", "feature": "cholesterol", "unit": "mg/dL"},
        {"column": "gluc", "feature": "glucose", "unit": "mg/dL"},
        {"column": "cm", "feature": "height", "unit": "cm"},
        {"column": "kg", "feature": "weight", "unit": "kg"},
        {"column": "temp", "feature": "temperature", "unit": "Cel"},
        {"column": "pain", "feature": "pain_score", "unit": "1"},
        {"column": "smokes", "feature": "smoking"},
        {"column": "fev", "feature": "fever", "true": ["yes"], "false": ["no"]},
        {"column": "preg", "feature": "pregnant", "true": ["yes"], "false": ["no"]},
        {"column": "hpo", "feature": "phenotypes"},
        # Notes here hold no names, and scrubbing is tested elsewhere.
        {"column": "letter", "feature": "note", "scrub": False},
    ],
}

LABELS = {"healthy": "Z00", "infarction": "I21", "pneumonia": "J18", "prostate_cancer": "C61"}
# Every finding may go with every diagnosis and sex.
TERMS = ("HP:0001250", "HP:0002027", "HP:0012378", "HP:0002315", "HP:0001945")
# What each disease shows, by which models tell them apart.
TYPICAL = {"infarction": "HP:0100749", "pneumonia": "HP:0012735", "prostate_cancer": "HP:0000019"}
PAIN = {"healthy": 0.05, "infarction": 0.8, "pneumonia": 0.4, "prostate_cancer": 0.2}
NOTES = {
    "healthy": ["Check-up. Nothing abnormal found.", "Revisión anual, se encuentra bien."],
    "infarction": [
        "Chest pain since this morning; myocardial infarction confirmed. No evidence of pneumonia.",
        "Dolor torácico. Infarto de miocardio confirmado; se descarta neumonía.",
        "Chest pain. Mother had pneumonia last month.",
    ],
    "pneumonia": [
        "Fever and cough. X-ray shows pneumonia. ECG without signs of myocardial infarction.",
        "Fiebre y tos, se confirma neumonía. Sospecha inicial de infarto de miocardio.",
        "Cough for a week. Father died of a heart attack.",
    ],
    "prostate_cancer": ["Biopsy: prostate cancer.", "Biopsia: cáncer de próstata."],
}


def _terms(typical: str, random: np.random.Generator) -> str:
    other = random.choice(TERMS, random.integers(0, 3), replace=False).tolist()
    return ";".join(sorted({typical, *other} - {""}))


@cache
def _clean() -> pd.DataFrame:
    random = np.random.default_rng(7)
    classes = random.choice(list(LABELS), ROWS, p=[0.4, 0.25, 0.25, 0.1])
    ill = classes != "healthy"
    male = np.where(classes == "prostate_cancer", True, random.random(ROWS) < 0.5)
    age = np.clip(random.normal(55 + 8 * ill, 14, ROWS), 18, 98)
    diastolic = random.normal(78, 9, ROWS)
    systolic = diastolic + np.clip(random.normal(48 + 8 * ill, 10, ROWS), 12, None)
    height = random.normal(np.where(male, 176, 163), 7)
    fever = random.random(ROWS) < np.where(classes == "pneumonia", 0.85, 0.1)
    temperature = random.normal(np.where(fever, 38.6, 36.7), 0.3)
    pregnant = ~male & (age < 45) & (random.random(ROWS) < 0.3)
    visited = [TODAY - timedelta(days=int(days)) for days in random.integers(1, 8 * 365, ROWS)]
    table = pd.DataFrame(
        {
            "id": [f"{10_000 + place}" for place in range(ROWS)],
            "visited": [each.isoformat() for each in visited],
            "ward": random.choice(["north", "south", "east"], ROWS),
            "years": [f"{each:.1f}" for each in age],
            "sex": np.where(male, "M", "F"),
            "sbp": [f"{each:.0f}" for each in systolic],
            "dbp": [f"{each:.0f}" for each in diastolic],
            "chol": [f"{each:.0f}" for each in random.normal(195 + 25 * ill, 36, ROWS)],
            "gluc": [f"{each:.0f}" for each in random.lognormal(np.log(98), 0.2, ROWS)],
            "cm": [f"{each:.0f}" for each in height],
            "kg": [
                f"{each:.1f}" for each in random.lognormal(np.log(25 * (height / 100) ** 2), 0.15)
            ],
            "temp": [f"{each:.1f}" for each in temperature],
            "pain": [f"{each}" for each in random.binomial(10, [PAIN[each] for each in classes])],
            "smokes": random.choice(["never", "former", "current"], ROWS, p=[0.5, 0.3, 0.2]),
            "fev": np.where(fever, "yes", "no"),
            "preg": np.where(pregnant, "yes", "no"),
            "hpo": [_terms(TYPICAL.get(each, ""), random) for each in classes],
            "letter": [str(random.choice(NOTES[each])) for each in classes],
            "dx": [LABELS[each] for each in classes],
        }
    )
    # Everybody forgets something, whoever the patient is.
    for column in ("chol", "gluc", "cm", "smokes", "preg", "temp"):
        table.loc[random.random(ROWS) < 0.05, column] = ""
    return table


def clean_table() -> pd.DataFrame:
    """Return the clean hospital's rows, every cell as text."""
    return _clean().copy()


def rows_at(places: np.ndarray[tuple[int], np.dtype[np.intp]] | list[int]) -> list[int]:
    """Return the row numbers of positions as a spreadsheet shows them."""
    return [int(place) + FIRST_ROW for place in places]


def read(
    folder: Path,
    table: pd.DataFrame,
    settings: QualitySettings | None = None,
    contract: Contract = CONTRACT,
    **changes: str | None,
) -> HospitalRows:
    """Write a table with its mapping and read it back for checks; `changes` are of [rows]."""
    mapping = copy.deepcopy(MAPPING)
    mapping["rows"] = {
        key: value for key, value in {**mapping["rows"], **changes}.items() if value is not None
    }
    table.to_csv(folder / "patients.csv", index=False)
    path = folder / "mapping.toml"
    path.write_text(tomli_w.dumps(mapping), encoding="utf-8")
    return read_rows(contract, path, settings, today=TODAY)
