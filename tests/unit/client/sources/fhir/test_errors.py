"""What is wrong with an export: said by file and line, without a patient's value."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from shared.errors import DataError
from tests.unit.client.sources.fhir.small_export import (
    LOINC,
    SENTINEL,
    column,
    condition,
    encounter,
    field,
    lines,
    observation,
    patient,
    quantity,
    read,
    write_export,
)

CODE = f"{LOINC}|1-1"
PATIENTS = lines(patient("p0"), patient("p1"))
GOOD = lines(observation("p0", CODE, "2024-01-01", **quantity(1)))


def failure(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(path, "patient", "x", field=[field()])
    said = str(caught.value) + " ".join(map(str, caught.value.problems))
    assert SENTINEL not in said
    assert caught.value.fix
    return said


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (GOOD[:-20], "Observation.ndjson, line 2 is not whole JSON"),
        (b'{"name": "Garcia1957"}\n', "line 2 is no FHIR resource"),
        (b"<html><body>Garcia1957", "line 2 is a web page"),
        (b"<!DOCTYPE html>\n", "line 2 is a web page"),
        (b'<Patient xmlns="http://hl7.org/fhir">', "line 2 is XML"),
        (b"[1, 2]\n", "line 2 is no FHIR resource"),
        (b'{"resourceType": "Observation", "status": "\xff"}', "line 2 is not whole JSON"),
        (b"\x00\x01\x02", "line 2 is not whole JSON"),
        (PATIENTS, "line 2 holds another type than Observation"),
        (b'{"resourceType":"Observation"' + b'"component":[' * 50_000, "line 2 is not whole JSON"),
    ],
)
def test_a_broken_line(tmp_path: Path, broken: bytes, said: str) -> None:
    write_export(tmp_path, Patient=PATIENTS, Observation=GOOD + broken)
    assert said in failure(tmp_path)


def test_a_compressed_file_that_is_cut_off(tmp_path: Path) -> None:
    write_export(tmp_path, Patient=PATIENTS)
    many = lines(*(observation("p0", CODE, SENTINEL, note=str(i)) for i in range(2000)))
    whole = gzip.compress(many)
    (tmp_path / "Observation.ndjson.gz").write_bytes(whole)
    assert column(tmp_path, "patient") == ["p0", "p1"]
    for broken in (whole[: len(whole) // 2], whole[:-4], whole[:100] + b"\x00" * 50 + whole[150:]):
        (tmp_path / "Observation.ndjson.gz").write_bytes(broken)
        said = failure(tmp_path)
        assert "Observation.ndjson.gz" in said
        assert "cut off or damaged" in said
    (tmp_path / "Observation.ndjson.gz").write_bytes(many)
    assert "compression is broken" in failure(tmp_path)


def test_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert "does not exist" in failure(tmp_path / "absent")
    assert "holds no file" in failure(tmp_path)
    write_export(tmp_path, Patient=b"", Observation=b"")
    assert "holds no file" in failure(tmp_path)
    assert "is empty" in failure(tmp_path / "Patient.ndjson")
    (tmp_path / "notes.txt").write_text("x")
    assert "neither" in failure(tmp_path / "notes.txt")
    write_export(tmp_path, Observation=GOOD)
    assert "no Patient resources" in failure(tmp_path)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_export(tmp_path, Patient=PATIENTS)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read by this user" in failure(tmp_path)


def test_resources_of_absent_patients_are_set_aside_and_counted(tmp_path: Path) -> None:
    write_export(
        tmp_path,
        Patient=PATIENTS,
        Encounter=lines(encounter("e", SENTINEL, "2024-01-01")),
        Observation=GOOD
        + lines(
            observation(SENTINEL, CODE, **quantity(1)),
            observation(SENTINEL, CODE, **quantity(1)),
            observation("p8", CODE, **quantity(1)),
            {**observation("p8", CODE, **quantity(1)), "subject": {"reference": "Group/1"}},
            {**observation("p8", CODE, **quantity(1)), "subject": {}},
        ),
    )
    table = read(tmp_path, "patient", "age", "x", field=[field()])
    assert table.cells["x"].fillna(-1).tolist() == [1, -1]
    # Two patients who are not there, and one that nobody named.
    assert table.rows_read == 5
    assert [problem.row for problem in table.problems] == [4, 5, 6]
    said = " ".join(map(str, table.problems))
    assert "Encounter.ndjson, line 1" in said
    assert "Observation.ndjson, line 4" in said
    assert SENTINEL not in said


@pytest.mark.parametrize(
    "change",
    [
        {"valueQuantity": {"value": SENTINEL}},
        {"effectiveDateTime": SENTINEL},
        {"effectiveDateTime": "2024-13-01"},
        {"code": SENTINEL},
        {"component": {"code": SENTINEL}},
        {"valueInteger": 1.5, "valueQuantity": None},
    ],
)
def test_a_resource_that_breaks_the_rules_sets_its_patient_aside(
    tmp_path: Path, change: dict[str, object]
) -> None:
    broken = {**observation("p1", CODE, "2024-01-01", **quantity(1)), **change}
    write_export(tmp_path, Patient=PATIENTS, Observation=GOOD + lines(broken))
    (problem,) = read(tmp_path, "patient", "x", field=[field()]).problems
    assert problem.row == 3
    assert "Observation.ndjson, line 2" in problem.expected
    assert SENTINEL not in str(problem)


def test_a_patient_that_breaks_the_rules_is_set_aside_once(tmp_path: Path) -> None:
    broken = patient("p1", birthDate=SENTINEL)
    write_export(
        tmp_path,
        Patient=lines(patient("p0"), broken, {"resourceType": "Patient"}),
        Observation=GOOD + lines(observation("p1", CODE, **quantity(1))),
    )
    table = read(tmp_path, "patient", "age", "x", field=[field()])
    assert table.cells["patient"].tolist() == ["p0"]
    assert table.rows_read == 3
    assert ["line 2" in table.problems[0].expected, "line 3" in table.problems[1].expected] == [
        True,
        True,
    ]
    assert SENTINEL not in " ".join(map(str, table.problems))


def test_a_forgotten_file_is_no_absence_of_disease(tmp_path: Path) -> None:
    write_export(tmp_path, Patient=PATIENTS)
    sick = field(resource="Condition", otherwise="false")
    (problem,) = read(tmp_path, "x", field=[sick]).problems
    assert problem.row is None
    assert "Condition" in problem.expected
    write_export(tmp_path, Condition=lines(condition("p0", "x:y|2")))
    assert read(tmp_path, "x", field=[sick]).problems == []


def test_bundles_and_single_resources(tmp_path: Path) -> None:
    entries = [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "gender": "female"}},
        {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Practitioner", "x": SENTINEL}},
        {"response": {"status": "200"}},
        {
            "fullUrl": "urn:uuid:3",
            "resource": {
                **observation("p", CODE, **quantity(4)),
                "subject": {"reference": "urn:uuid:1"},
            },
        },
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(bundle, indent=2))
    (tmp_path / "b.json").write_text(json.dumps(patient("p1"), indent=2))
    assert column(tmp_path, "gender") == ["female", None]
    assert column(tmp_path, "x", field=[field()]) == [4, None]
    assert column(path, "x", field=[field()]) == [4]
    path.write_text(json.dumps(bundle)[:-30])
    assert "a.json" in failure(tmp_path)
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": SENTINEL}))
    assert "is no FHIR Bundle" in failure(tmp_path)


def test_mixed_files_need_a_name_without_a_type(tmp_path: Path) -> None:
    write_export(tmp_path, everything=GOOD + PATIENTS + b"\n\n")
    assert column(tmp_path, "x", field=[field()]) == [1, None]
    # A mark of UTF-8 and lines that end as on Windows.
    content = b"\xef\xbb\xbf" + (GOOD + PATIENTS).replace(b"\n", b"\r\n")
    write_export(tmp_path, everything=content)
    assert column(tmp_path, "x", field=[field()]) == [1, None]
