"""The hospitals of a demonstration or experiment, as real local files with a mapping each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shared.contract import load_contract
from shared.errors import SettingsError
from shared.ontology import HumanPhenotypeOntology
from simulations.local_files import write_local_files, write_mapping
from simulations.patients import PatientSampler
from simulations.simulated_hospitals import SIMULATED_HOSPITALS

HEART_HOSPITALS = {
    "cleveland": "Cleveland Clinic Foundation",
    "hungarian": "Hungarian Institute of Cardiology, Budapest",
    "switzerland": "University Hospitals Zurich and Basel",
    "va": "Veterans Affairs Medical Center, Long Beach",
}
HEART_LABEL = "target"
GRADES = {"0": "none", "1": "grade_1", "2": "grade_2", "3": "grade_3", "4": "grade_4"}
# Hungary tells disease from none only.
HUNGARIAN_LABELS = {"0": "none", "1": "disease"}
# Nobody alive has a blood pressure or a cholesterol of 0: Switzerland wrote 0 where cholesterol was
# not measured, and Long Beach for 49 cholesterols and one blood pressure.
HEART_COLUMNS: list[dict[str, Any]] = [
    {"column": "age", "feature": "age", "unit": "a"},
    {"column": "sex", "feature": "sex", "codes": {"0": "female", "1": "male"}},
    {
        "column": "cp",
        "feature": "chest_pain",
        "codes": {
            "1": "typical_angina",
            "2": "atypical_angina",
            "3": "non_anginal",
            "4": "asymptomatic",
        },
    },
    {
        "column": "trestbps",
        "feature": "resting_blood_pressure",
        "unit": "mm[Hg]",
        "missing": ["0"],
    },
    {"column": "chol", "feature": "cholesterol", "unit": "mg/dL", "missing": ["0"]},
    {
        "column": "fbs",
        "feature": "fasting_blood_sugar_above_120",
        "true": ["1"],
        "false": ["0"],
    },
    {
        "column": "restecg",
        "feature": "resting_ecg",
        "codes": {"0": "normal", "1": "st_t_abnormality", "2": "left_ventricular_hypertrophy"},
    },
    {"column": "thalach", "feature": "maximum_heart_rate", "unit": "/min"},
    {"column": "exang", "feature": "exercise_angina", "true": ["1"], "false": ["0"]},
    {"column": "oldpeak", "feature": "st_depression", "unit": "mm"},
    {
        "column": "slope",
        "feature": "st_slope",
        "codes": {"1": "rising", "2": "flat", "3": "falling"},
    },
    {"column": "ca", "feature": "major_vessels", "unit": "1"},
    {
        "column": "thal",
        "feature": "thallium_scan",
        "codes": {"3": "normal", "6": "fixed_defect", "7": "reversible_defect"},
    },
]


@dataclass(frozen=True)
class HospitalFiles:
    """One hospital's local files.

    Attributes
    ----------
    name : str
        Short name, safe in paths and commands.
    mapping_path : Path
        The mapping file, which names the data file.
    rows : int
        Patients in the data file.
    display_name : str
        For people.
    """

    name: str
    mapping_path: Path
    rows: int
    display_name: str


def write_simulated_hospitals(folder: Path, seed: int) -> list[HospitalFiles]:
    """Write four invented hospitals of SIMULATED patients; one folder each.

    The patients show that the machinery runs, never how good a model is (`simulations.patients`).
    The same seed writes the same bytes.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; files of an earlier call are replaced.
    """
    contract = load_contract("rare_disease")
    sampler = PatientSampler(contract, HumanPhenotypeOntology(), seed)
    written = []
    for index, hospital in enumerate(SIMULATED_HOSPITALS):
        # Three numbers, so that no hospital draws the stream of a disease, which has two.
        generator = np.random.default_rng([seed, index, 1])
        patients = sampler.sample(hospital.case_mix, hospital.habits, generator)
        table = hospital.form.table(patients, generator)
        mapping = write_local_files(hospital.form, table, folder / hospital.name)
        written.append(HospitalFiles(hospital.name, mapping, len(table), hospital.display_name))
    return written


def write_heart_hospitals(
    data_folder: Path, folder: Path, *, zero_is_missing: bool = True
) -> list[HospitalFiles]:
    """Write a mapping for each hospital of the UCI Heart Disease data; no data are copied.

    Parameters
    ----------
    data_folder : Path
        Holds ``cleveland.csv``, ``hungarian.csv``, ``switzerland.csv`` and ``va.csv``: the
        processed files of UCI (Detrano et al. 1989, American Journal of Cardiology 64) with a
        header line.
    folder : Path
        Gets one folder with a ``mapping.toml`` for each hospital.
    zero_is_missing : bool
        Take a blood pressure or cholesterol of 0 for what it is; published benchmarks of these
        data do not.

    Raises
    ------
    SettingsError
        When a file is absent or lacks a column.
    """
    # All files are looked at before anything is written.
    rows = {name: _heart_rows(data_folder / f"{name}.csv") for name in HEART_HOSPITALS}
    return [
        HospitalFiles(
            name,
            write_mapping(_heart_mapping(name, data_folder, zero_is_missing), folder / name),
            rows[name],
            display_name,
        )
        for name, display_name in HEART_HOSPITALS.items()
    ]


def _heart_mapping(name: str, data_folder: Path, zero_is_missing: bool) -> dict[str, Any]:
    kept = set() if zero_is_missing else {"missing"}
    return {
        "source": {"kind": "csv", "path": str((data_folder / f"{name}.csv").resolve())},
        "rows": {"bad_rows": "stop", "missing": ["", "?"]},
        "label": {
            "column": HEART_LABEL,
            "codes": HUNGARIAN_LABELS if name == "hungarian" else GRADES,
        },
        "column": [
            {key: value for key, value in column.items() if key not in kept}
            for column in HEART_COLUMNS
        ],
    }


def _heart_rows(path: Path) -> int:
    """Count the patients of one file, after checking that it is one of these files."""
    fix = "--data must name the folder of cleveland.csv, hungarian.csv, switzerland.csv and va.csv."
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            header = {name.strip() for name in next(lines, [])}
            rows = sum(any(cell.strip() for cell in line) for line in lines)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", fix) from None
    except (UnicodeDecodeError, csv.Error):
        raise SettingsError(f"{path} is not a CSV file in UTF-8.", fix) from None
    expected = [str(column["column"]) for column in HEART_COLUMNS] + [HEART_LABEL]
    absent = [name for name in expected if name not in header]
    if absent:
        raise SettingsError(
            f"{path} has no column {', '.join(absent)}.",
            f"Its first line must name the columns {', '.join(expected)}.",
        )
    return rows
