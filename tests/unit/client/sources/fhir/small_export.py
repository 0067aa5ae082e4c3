"""Small exports: resources written by hand, read through the source alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from client.sources.fhir.settings import FhirSettings
from client.sources.fhir.source import FhirSource
from client.sources.raw_table import RawTable, one_table
from shared.settings_file import parse

Resource = dict[str, Any]
# In every bad resource: no message may ever show it.
SENTINEL = "Garcia1957"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
ICD10, HPO = "http://hl7.org/fhir/sid/icd-10", "http://human-phenotype-ontology.org"
UCUM = "http://unitsofmeasure.org"


def concept(*codings: str) -> Resource:
    """Return a concept of codings written as ``system|code``."""
    parts = [each.rpartition("|") for each in codings]
    return {"coding": [{"system": system, "code": code} for system, _, code in parts]}


def about(patient: str, encounter: str | None = None) -> Resource:
    found: Resource = {"subject": {"reference": f"Patient/{patient}"}}
    return (
        found
        if encounter is None
        else {**found, "encounter": {"reference": f"Encounter/{encounter}"}}
    )


def patient(identity: str, **content: object) -> Resource:
    return {"resourceType": "Patient", "id": identity, **content}


def encounter(identity: str, of: str, start: str, **content: object) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "class": {"code": "AMB"},
        **about(of),
        "period": {"start": start},
        **content,
    }


def observation(of: str, code: str, when: str | None = None, **content: object) -> Resource:
    dated = {} if when is None else {"effectiveDateTime": when}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": concept(code),
        **about(of),
        **dated,
        **content,
    }


def quantity(
    value: object, unit: str = "mg/dL", display: str | None = None, **content: object
) -> Resource:
    amount = {"value": value, "unit": display or unit, "system": UCUM, "code": unit}
    return {"valueQuantity": {**amount, **content}}


def condition(of: str, code: str, verification: str = "confirmed", **content: object) -> Resource:
    return {
        "resourceType": "Condition",
        "verificationStatus": concept(f"status|{verification}"),
        "code": concept(code),
        **about(of),
        **content,
    }


def lines(*resources: Resource) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in resources)


def write_export(folder: Path, **files: bytes) -> None:
    """Write files of lines: ``Patient=lines(...)`` is ``Patient.ndjson``."""
    for name, content in files.items():
        (folder / f"{name}.ndjson").write_bytes(content)


def source(folder: Path, **settings: object) -> FhirSource:
    content = {"kind": "fhir", "path": str(folder), **settings}
    units = content.pop("units", {})
    assert isinstance(units, dict)
    return FhirSource(parse(FhirSettings, content, "mapping"), folder, units)


def read(folder: Path, *columns: str, **settings: object) -> RawTable:
    """Return the whole table; ``units`` are the mapping's, everything else is of the source."""
    return one_table(source(folder, **settings).batches(columns))


def column(folder: Path, name: str, **settings: object) -> list[Any]:
    """Return the cells of one column, None where they are missing."""
    cells = one_table(source(folder, **settings).batches([name])).cells[name]
    return cells.astype(object).where(cells.notna(), None).tolist()


def field(name: str = "x", resource: str = "Observation", **content: object) -> dict[str, Any]:
    codes = {} if resource == "DocumentReference" else {"code": "loinc|1-1"}
    return {"name": name, "resource": resource, **codes, **content}
