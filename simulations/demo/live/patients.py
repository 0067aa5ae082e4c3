"""SIMULATED patients of four hospitals, before and after two of them change."""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from shared.contract import Contract, FlagFeature
from simulations.demo.keeping import case_of, plain
from simulations.hospitals import HospitalFiles
from simulations.local_files import write_mapping
from simulations.watched_hospitals import HOSPITALS, Change, draw, watched_contract

# Before anything changes, severe disease is rare everywhere.
USUAL = -0.8
# What comes to the second hospital's node in mg/dL once its laboratory has changed.
UNIT_HOSPITAL, UNIT_FEATURE, UNIT_FACTOR = "B", "glucose", 18.016
# Where many severely ill patients come from then on.
MIX_HOSPITAL, MIX_SHIFT = "C", 3.2
RECORDS, YEAR = "registry.csv", 365
NUMBER, DAY, DIAGNOSIS = "patient", "visit", "diagnosis"


@dataclass(frozen=True)
class LivePatient:
    """Somebody who comes to a hospital.

    Attributes
    ----------
    number : str
        The hospital's own.
    day : date
    case : dict
        As the record system sends it to the node.
    row : dict
        As the registry keeps it, with the diagnosis.
    diagnosis : str
    """

    number: str
    day: datetime.date
    case: dict[str, Any]
    row: dict[str, Any]
    diagnosis: str


class LiveHospital:
    """One hospital: who comes, and its registry, which its node reads.

    Parameters
    ----------
    place : int
        In `HOSPITALS`.
    folder : Path
    seed : int
    """

    def __init__(self, place: int, folder: Path, seed: int) -> None:
        self.name = HOSPITALS[place]
        self.folder = folder
        self.contract = watched_contract()
        self._place = place
        self._generator = np.random.default_rng([seed, place])
        self._count = 0
        self._rows: list[dict[str, Any]] = []

    def come(
        self, count: int, first: datetime.date, last: datetime.date, *, changed: bool
    ) -> list[LivePatient]:
        """Draw patients, evenly over some days.

        Parameters
        ----------
        changed : bool
            Whether what changes at this hospital has changed.
        """
        shift = MIX_SHIFT if changed and self.name == MIX_HOSPITAL else 0.0
        change = Change(severity=USUAL + shift)
        records = draw(self.contract, self._place, count, self._generator, change).records
        found = []
        for row in range(len(records)):
            patient = records.take(np.array([row]))
            self._count += 1
            number = f"{self.name}-{self._count:05d}"
            day = first + (last - first) * row / max(len(records) - 1, 1)
            case = case_of(self.contract, patient)
            label = str(patient.labels[0])
            written = {NUMBER: number, DAY: day.isoformat(), DIAGNOSIS: label, **_cells(case)}
            if changed and self.name == UNIT_HOSPITAL and UNIT_FEATURE in case:
                case = {**case, UNIT_FEATURE: round(case[UNIT_FEATURE] * UNIT_FACTOR, 1)}
            found.append(LivePatient(number, day, case, written, label))
        return found

    def register(self, patients: list[LivePatient]) -> None:
        """Add patients with their diagnoses to the registry, whole or not at all."""
        self._rows += [each.row for each in patients]
        columns = [NUMBER, DAY, DIAGNOSIS, *self.contract.recorded]
        text = StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f".{RECORDS}"
        partial.write_text(text.getvalue(), encoding="utf-8")
        partial.replace(self.folder / RECORDS)

    def files(self) -> HospitalFiles:
        """Write the mapping of the registry."""
        mapping = write_mapping(mapping_of(self.contract), self.folder)
        return HospitalFiles(self.name, mapping, len(self._rows), f"Hospital {self.name}")


def write_contract(path: Path) -> Path:
    """Write the contract of these hospitals."""
    content = watched_contract().model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def mapping_of(contract: Contract) -> dict[str, Any]:
    """Return how the registry's columns become the contract's features."""
    columns: list[dict[str, Any]] = []
    for name, feature in contract.recorded.items():
        column: dict[str, Any] = {"column": name, "feature": name}
        if feature.kind == "numeric":
            column["unit"] = feature.unit
        if isinstance(feature, FlagFeature):
            column |= {"true": ["yes"], "false": ["no"]}
        columns.append(column)
    return {
        "source": {"kind": "csv", "path": RECORDS},
        "rows": {"patient": NUMBER, "date": DAY, "missing": [""]},
        "label": {"column": DIAGNOSIS, "codes": {}},
        "column": columns,
    }


def case_mix(patients: list[LivePatient]) -> str:
    """Say how many patients have each diagnosis."""
    counts = Counter(each.diagnosis for each in patients)
    return ", ".join(f"{code} {counts[code]}" for code in watched_contract().leaves)


def _cells(case: dict[str, Any]) -> dict[str, Any]:
    words = {True: "yes", False: "no"}
    return {
        name: words[value] if isinstance(value, bool) else plain(value)
        for name, value in case.items()
    }
