"""Proposals for FHIR exports: fields by LOINC and by what codes are called."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from client.mapping_assistant.opening import open_sample
from client.mapping_assistant.proposing import propose
from client.mapping_assistant.writing import mapping_text
from client.sources import load_records
from shared.contract import load_contract
from shared.errors import DataError, SettingsError
from shared.records import Records, records_from_columns
from simulations.fixture_hospitals.fhir import write_bundles, write_fhir

HEART = load_contract("heart_disease")
SECRET = "Garcia1957"


@pytest.fixture(scope="module")
def records() -> Records:
    """Patients of whom every measurement is known."""
    rows, draw = 60, np.random.default_rng(2)
    columns: dict[str, list[Any]] = {}
    for feature in HEART.feature:
        if feature.kind == "numeric":
            low, high = int(feature.minimum), int(feature.maximum)
            middle = (low + high) // 2
            columns[feature.name] = [middle + int(draw.integers(-2, 2)) for _ in range(rows)]
        elif feature.kind == "flag":
            columns[feature.name] = [float(each) for each in draw.integers(0, 2, rows)]
        elif feature.kind == "categorical":
            codes = [each.code for each in feature.codes]
            columns[feature.name] = [codes[row % len(codes)] for row in range(rows)]
    labels = [["grade_1", "grade_2", "none"][row % 3] for row in range(rows)]
    return records_from_columns(HEART, columns, labels)


def proposed(folder: Path, name: str) -> tuple[dict[str, Any], str]:
    sample = open_sample(str(folder / name), folder, contract=HEART)
    text = mapping_text(propose(HEART, sample), sample.name)
    return tomllib.loads(text), text


def test_an_export_is_read_by_what_was_proposed(records: Records, tmp_path: Path) -> None:
    write_fhir(records, tmp_path)
    content, text = proposed(tmp_path, "export")
    assert {each["feature"] for each in content["column"]} == set(HEART.recorded)
    codes = {each["name"]: each["code"] for each in content["source"]["field"]}
    assert codes["cholesterol"] == "http://loinc.org|2093-3"
    assert codes["resting_blood_pressure"] == "http://loinc.org|8480-6"
    assert "CHECK: a patient without any of the diagnosis' Conditions" in text
    # What a person finishes: who has none of these diagnoses is healthy.
    finished = text.replace('"]\nvalue = "code"\n', '"]\nvalue = "code"\notherwise = "none"\n')
    (tmp_path / "mapping.toml").write_text(finished, encoding="utf-8")
    found = load_records(HEART, tmp_path / "mapping.toml").records
    assert list(found.labels) == list(records.labels)
    for name in HEART.recorded:
        assert found.table[name].astype(str).tolist() == records.table[name].astype(str).tolist()


def test_bundles_are_surveyed_too(records: Records, tmp_path: Path) -> None:
    write_bundles(records, tmp_path)
    content, _ = proposed(tmp_path, "bundles")
    assert {"cholesterol", "exercise_angina"} <= {each["feature"] for each in content["column"]}


def test_what_people_wrote_beside_a_code_is_not_shown(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = []
    for row in range(8):
        lines.append({"resourceType": "Patient", "id": f"{SECRET}{row}", "gender": "male"})
        lines.append(
            {
                "resourceType": "Observation",
                "id": f"o{row}",
                "status": "final",
                "subject": {"reference": f"Patient/{SECRET}{row}"},
                "code": {
                    "coding": [{"system": "urn:l", "code": "77", "display": "Serum cholesterol"}],
                    "text": SECRET,
                },
                "valueQuantity": {"value": 5 + row / 10, "unit": "mmol/L"},
            }
        )
    path = tmp_path / "all.ndjson"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    content, text = proposed(tmp_path, "all.ndjson")
    assert content["source"]["field"][0]["code"] == "urn:l|77"
    assert SECRET not in text


def test_exports_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text('{"resourceType": "Observation", "code": 7}\n')
    with pytest.raises(DataError, match="no FHIR resource"):
        open_sample(str(tmp_path / "a.ndjson"), tmp_path, contract=HEART)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="without Parquet or FHIR files"):
        open_sample(str(tmp_path / "empty"), tmp_path, contract=HEART)
