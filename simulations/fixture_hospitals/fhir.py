"""Heart patients as a FHIR R4 export: NDJSON files or Bundles, and the mapping that reads them.

Besides what a patient's record holds, the export has what a reader must see through: an earlier
value of a measurement, one entered in error, and results of a panel.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from shared.records import Records
from simulations.local_files import write_mapping

Resource = dict[str, Any]
EXAMINED = "2024-05-14"
BEFORE = "2021-01-30"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
LOCAL = "http://hospital.example/fhir/CodeSystem/cardiology"
STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
# The contract's feature: system, code and unit (empty: a code or truth value).
MEASURED: dict[str, tuple[str, str, str]] = {
    "cholesterol": (LOINC, "2093-3", "mg/dL"),
    "maximum_heart_rate": (LOCAL, "maximum-heart-rate", "/min"),
    "st_depression": (LOCAL, "st-depression", "mm"),
    "major_vessels": (LOCAL, "major-vessels", "1"),
    "chest_pain": (LOCAL, "chest-pain", ""),
    "resting_ecg": (LOCAL, "resting-ecg", ""),
    "st_slope": (LOCAL, "st-slope", ""),
    "thallium_scan": (LOCAL, "thallium-scan", ""),
    "fasting_blood_sugar_above_120": (LOCAL, "fasting-blood-sugar-above-120", ""),
}
PRESSURE, PANEL, SYSTOLIC = "resting_blood_pressure", "85354-9", "8480-6"
ANGINA, ANGINA_CODE = "exercise_angina", "exercise-angina"
DIAGNOSIS, HEALTHY = "diagnosis", "none"
TRUTHS = {"fasting_blood_sugar_above_120"}
WHOLE_NUMBERS = {"major_vessels"}


def write_fhir(records: Records, folder: Path, *, compressed: bool = False) -> Path:
    """Write heart records as a bulk export, one file a type, with a mapping; return the mapping.

    Parameters
    ----------
    records : Records
        Of the contract ``heart_disease``; ages are whole years, as an export keeps a day of birth.
    compressed : bool
        By gzip, as many servers export.
    """
    export = folder / "export"
    export.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[bytes]] = {}
    for resource in resources_of(records):
        parts.setdefault(resource["resourceType"], []).append(msgspec.json.encode(resource))
    for kind, lines in parts.items():
        content = b"\n".join(lines) + b"\n"
        if compressed:
            (export / f"{kind}.ndjson.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (export / f"{kind}.ndjson").write_bytes(content)
    return write_mapping(fhir_mapping({"path": "export"}), folder)


def write_bundles(records: Records, folder: Path) -> Path:
    """Write heart records as one Bundle a patient, with a mapping; return the mapping."""
    bundles = folder / "bundles"
    bundles.mkdir(parents=True, exist_ok=True)
    for row in range(len(records)):
        entries = [
            {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
            for resource in _resources_of_row(records, row)
        ]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        (bundles / f"patient-{row:05}.json").write_bytes(msgspec.json.encode(bundle))
    return write_mapping(fhir_mapping({"path": "bundles"}), folder)


def fhir_mapping(place: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping's content; `place` says where the resources are."""
    observed = {**MEASURED, PRESSURE: (LOINC, SYSTOLIC, "mm[Hg]")}
    fields: list[dict[str, Any]] = [
        {
            "name": name,
            "resource": "Observation",
            "code": f"{system}|{code}",
            "value": "quantity" if unit else "code",
        }
        for name, (system, code, unit) in observed.items()
    ]
    fields += [
        {"name": ANGINA, "resource": "Condition", "code": f"{LOCAL}|{ANGINA_CODE}"},
        {
            "name": DIAGNOSIS,
            "resource": "Condition",
            "code": f"{LOCAL}|heart-disease:*",
            "value": "code",
            "otherwise": HEALTHY,
        },
    ]
    return {
        "source": {"kind": "fhir", **place, "field": fields},
        "rows": {"patient": "patient"},
        "label": {"column": DIAGNOSIS, "codes": _label_codes()},
        "column": [
            {"column": "age", "feature": "age", "unit": "a"},
            {"column": "gender", "feature": "sex"},
            *(_column(name, unit) for name, (_, _, unit) in observed.items()),
            {"column": ANGINA, "feature": ANGINA},
        ],
    }


def resources_of(records: Records) -> Iterator[Resource]:
    """Yield everything an export holds of the patients."""
    for row in range(len(records)):
        yield from _resources_of_row(records, row)


def _column(name: str, unit: str) -> dict[str, Any]:
    if not unit:
        return {"column": name, "feature": name}
    return {"column": name, "feature": name, "unit_column": f"{name}_unit"}


def _label_codes() -> dict[str, str]:
    grades = ["disease", "grade_1", "grade_2", "grade_3", "grade_4"]
    return {HEALTHY: HEALTHY, **{f"heart-disease:{grade}": grade for grade in grades}}


def _resources_of_row(records: Records, row: int) -> Iterator[Resource]:
    values = {name: value for name, value in records.table.iloc[row].items() if not pd.isna(value)}
    make = _maker(f"{row:07}")
    yield _patient(make, values)
    yield make(
        "Encounter",
        "visit",
        status="finished",
        **{"class": {"code": "AMB"}},
        period={"start": f"{EXAMINED}T09:30:00+02:00"},
    )
    for name, coded in MEASURED.items():
        if name in values:
            yield _observation(make, name, coded, values[name])
    yield from _distractions(make, row, values)
    if PRESSURE in values:
        yield _panel(make, float(values[PRESSURE]))
    if ANGINA in values:
        yield _condition(make, ANGINA_CODE, "confirmed" if values[ANGINA] else "refuted")
    if records.labels[row] != HEALTHY:
        yield _condition(make, f"heart-disease:{records.labels[row]}", "confirmed")


def _maker(patient: str) -> Callable[..., Resource]:
    """Return the function that makes a patient's resources."""

    def make(kind: str, name: str, **content: Any) -> Resource:  # noqa: ANN401
        about = {} if kind == "Patient" else {"subject": {"reference": f"Patient/{patient}"}}
        identity = patient if kind == "Patient" else f"{patient}-{name}"
        return {"resourceType": kind, "id": identity, **about, **content}

    return make


def _patient(make: Callable[..., Resource], values: dict[Any, Any]) -> Resource:
    content: dict[str, Any] = {}
    if "age" in values:
        year, rest = int(EXAMINED[:4]) - int(values["age"]), EXAMINED[4:]
        content["birthDate"] = f"{year}{rest}"
    if "sex" in values:
        content["gender"] = values["sex"]
    return make("Patient", "", active=True, **content)


def _observation(
    make: Callable[..., Resource],
    name: str,
    coded: tuple[str, str, str],
    value: Any,  # noqa: ANN401 -- a cell of any feature
    **changes: str,
) -> Resource:
    system, code, unit = coded
    content = {
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "effectiveDateTime": f"{EXAMINED}T10:15:00+02:00",
        **_value(name, value, unit),
        **changes,
    }
    return make("Observation", name + changes.get("id", ""), **content)


def _value(name: str, value: Any, unit: str) -> dict[str, Any]:  # noqa: ANN401
    if name in WHOLE_NUMBERS:
        return {"valueInteger": int(value)}
    if unit:
        quantity = {"value": float(value), "unit": unit, "system": UCUM, "code": unit}
        return {"valueQuantity": quantity}
    if name in TRUTHS:
        return {"valueBoolean": bool(value)}
    return {"valueCodeableConcept": {"coding": [{"system": LOCAL, "code": value}]}}


def _distractions(
    make: Callable[..., Resource], row: int, values: dict[Any, Any]
) -> Iterator[Resource]:
    """Yield what is not the patient's present state, for some patients."""
    name, coded = "maximum_heart_rate", MEASURED["maximum_heart_rate"]
    if name in values and row % 3 == 0:
        yield _observation(make, name, coded, 99, id=f"{row:07}-old", effectiveDateTime=BEFORE)
    if row % 5 == 0:
        yield _observation(
            make, "cholesterol", MEASURED["cholesterol"], 111, id=f"{row:07}-error",
            status="entered-in-error", effectiveDateTime=f"{EXAMINED}T23:00:00+02:00",
        )  # fmt: skip
    if row % 7 == 0:
        yield _condition(make, "heart-disease:grade_4", "entered-in-error", name="error")


def _panel(make: Callable[..., Resource], systolic: float) -> Resource:
    pressures = {SYSTOLIC: systolic, "8462-4": round(systolic * 0.6)}
    return make(
        "Observation",
        "pressure",
        status="final",
        code={"coding": [{"system": LOINC, "code": PANEL}]},
        effectiveDateTime=EXAMINED,
        component=[
            {
                "code": {"coding": [{"system": LOINC, "code": code}]},
                "valueQuantity": {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
            }
            for code, value in pressures.items()
        ],
    )


def _condition(make: Callable[..., Resource], code: str, status: str, name: str = "") -> Resource:
    return make(
        "Condition",
        f"condition-{name or code.replace(':', '-').replace('_', '-')}",
        verificationStatus={"coding": [{"system": STATUS, "code": status}]},
        code={"coding": [{"system": LOCAL, "code": code}]},
        recordedDate=EXAMINED,
    )
