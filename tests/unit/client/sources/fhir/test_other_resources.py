"""Patients, Conditions, relatives and notes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.client.sources.fhir.small_export import (
    HPO,
    ICD10,
    LOINC,
    Resource,
    about,
    column,
    concept,
    condition,
    encounter,
    field,
    lines,
    patient,
    read,
    write_export,
)

HEART = f"{ICD10}|I25.1"


def finding(**content: object) -> dict[str, Any]:
    return {**field(resource="Condition", code="icd10|I25*"), **content}


def write(folder: Path, **files: bytes) -> None:
    write_export(folder, **{"Patient": lines(patient("p0"), patient("p1")), **files})


def test_patients_have_columns_without_a_field(tmp_path: Path) -> None:
    write_export(
        tmp_path,
        Patient=lines(
            patient("b", gender="male", birthDate="1950-05-14", deceasedBoolean=False),
            patient("a", gender="unknown", birthDate="1950", deceasedDateTime="2024-06-01"),
            patient("c", birthDate="2024-02"),
        ),
        Encounter=lines(
            *(encounter(f"e{of}", of, "2024-05-14T08:00:00+02:00") for of in "abc"),
            encounter("planned", "a", "2025-01-01", status="planned"),
        ),
    )
    names = ["patient", "gender", "deceased", "index_date", "encounter_class", "age_unit"]
    cells = read(tmp_path, *names, "age").cells
    assert cells["patient"].tolist() == ["b", "a", "c"]
    assert cells["gender"].tolist() == ["male", None, None]
    assert cells["deceased"].tolist() == ["false", "true", None]
    assert set(cells["index_date"]) == {"2024-05-14"}
    assert set(cells["encounter_class"]) == {"AMB"}
    assert set(cells["age_unit"]) == {"a"}
    assert cells["age"][0] == 74
    assert cells["age"].tolist()[1:] == pytest.approx([73.87, 0.246], abs=0.01)


def test_replaced_patients_are_who_replaced_them(tmp_path: Path) -> None:
    replaced = [{"other": {"reference": "Patient/p0"}, "type": "replaced-by"}]
    write(
        tmp_path,
        Patient=lines(patient("old", link=replaced), patient("p0"), patient("p1")),
        Condition=lines(condition("old", HEART)),
    )
    table = read(tmp_path, "patient", "x", field=[finding()])
    assert table.cells["patient"].tolist() == ["p0", "p1"]
    assert table.cells["x"].tolist() == ["true", None]
    assert table.problems == []


@pytest.mark.parametrize(
    ("verification", "expected"),
    [
        ("confirmed", "true"),
        ("provisional", "true"),
        ("differential", None),
        ("refuted", "false"),
        ("entered-in-error", None),
    ],
)
def test_how_sure_a_diagnosis_is_decides(
    tmp_path: Path, verification: str, expected: str | None
) -> None:
    write(tmp_path, Condition=lines(condition("p0", HEART, verification)))
    assert column(tmp_path, "x", field=[finding()]) == [expected, None]
    otherwise = finding(otherwise="false")
    assert column(tmp_path, "x", field=[otherwise]) == [expected or "false", "false"]


def test_a_found_diagnosis_counts_more_than_a_refuted_one(tmp_path: Path) -> None:
    both = [condition("p0", HEART, "refuted"), condition("p0", HEART)]
    for order in (both, both[::-1]):
        write(tmp_path, Condition=lines(*order))
        assert column(tmp_path, "x", field=[finding()])[0] == "true"


def test_codes_and_terms_of_conditions(tmp_path: Path) -> None:
    write(
        tmp_path,
        Condition=lines(
            condition("p0", f"{ICD10}|I25.9", recordedDate="2024-02-01"),
            condition("p0", HEART, onsetPeriod={"start": "2020"}, recordedDate="2024-03-01"),
            condition("p0", f"{HPO}|HP:0001250"),
            condition("p0", f"{HPO}|HP:0001250"),
            condition("p0", f"{HPO}|HP:0001166"),
            condition("p0", f"{HPO}|HP:0000098", "refuted"),
        ),
    )
    terms = finding(value="terms", code="hpo|*")
    assert column(tmp_path, "x", field=[terms])[0] == ("HP:0001250", "HP:0001166")
    excluded = {**terms, "findings": "excluded"}
    assert column(tmp_path, "x", field=[excluded])[0] == ("HP:0000098",)
    assert column(tmp_path, "x", field=[finding(value="code")])[0] == "I25.9"
    assert column(tmp_path, "x", field=[finding(value="code", take="first")])[0] == "I25.1"


def test_only_some_clinical_states_may_count(tmp_path: Path) -> None:
    gone = condition("p0", HEART, clinicalStatus=concept("x:y|resolved"))
    write(tmp_path, Condition=lines(gone, condition("p1", HEART)))
    assert column(tmp_path, "x", field=[finding()]) == ["true", "true"]
    active = finding(clinical=["active"])
    assert column(tmp_path, "x", field=[active]) == [None, None]


def relative(of: str, relationship: str, code: str, **content: object) -> Resource:
    return {
        "resourceType": "FamilyMemberHistory",
        "status": "completed",
        "patient": {"reference": f"Patient/{of}"},
        "relationship": concept(f"role|{relationship}"),
        "condition": [{"code": concept(code)}],
        **content,
    }


def test_what_relatives_have(tmp_path: Path) -> None:
    write(
        tmp_path,
        FamilyMemberHistory=lines(
            relative("p0", "MTH", HEART),
            relative("p1", "UNCLE", f"{ICD10}|I25.9"),
            relative("p1", "MTH", HEART, status="entered-in-error"),
        ),
    )
    flag = field(resource="FamilyMemberHistory", code="icd10|I25*")
    assert column(tmp_path, "x", field=[flag]) == ["true", "true"]
    parents = {**flag, "relationship": ["MTH", "FTH"], "otherwise": "false"}
    assert column(tmp_path, "x", field=[parents]) == ["true", "false"]
    terms = {**flag, "value": "terms"}
    assert column(tmp_path, "x", field=[terms]) == [("I25.1",), ("I25.9",)]


def document(of: str, date: str, attachment: Resource, **content: object) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        **about(of),
        "date": date,
        "content": [{"attachment": attachment}],
        **content,
    }


def inline(text: str, kind: str = "text/plain", charset: str = "utf-8") -> Resource:
    return {"contentType": kind, "data": base64.b64encode(text.encode(charset)).decode()}


def test_notes_come_from_inside_and_beside_the_export(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "p1.txt").write_text("beside")
    write(
        tmp_path,
        DocumentReference=lines(
            document("p0", "2024-01-01", inline("first")),
            document("p0", "2024-02-01", inline("%PDF", "application/pdf")),
            document("p0", "2024-01-31", inline("ñ", "text/plain; charset=latin-1", "latin-1")),
            document("p0", "2024-03-01", inline("gone"), status="superseded"),
            document("p1", "2024-01-01", {"contentType": "text/plain", "url": "letters/p1.txt"}),
        ),
    )
    notes = field(resource="DocumentReference")
    assert column(tmp_path, "x", field=[notes]) == ["ñ", "beside"]
    assert column(tmp_path, "x", field=[{**notes, "take": "first"}])[0] == "first"
    assert column(tmp_path, "x", field=[{**notes, "take": "all"}])[0] == "first\n\nñ"


def test_notes_may_be_of_one_type(tmp_path: Path) -> None:
    letter = document("p0", "2024-01-01", inline("letter"), type=concept(f"{LOINC}|1-1"))
    report = document("p0", "2024-02-01", inline("report"), type=concept(f"{LOINC}|2-2"))
    write(tmp_path, DocumentReference=lines(letter, report, document("p1", "2024", inline("?"))))
    notes = field(resource="DocumentReference", code="loinc|1-1")
    assert column(tmp_path, "x", field=[notes]) == ["letter", None]


@pytest.mark.parametrize(
    "attachment",
    [
        {"contentType": "text/plain", "url": "../secret.txt"},
        {"contentType": "text/plain", "url": "file:///etc/hostname"},
        {"contentType": "text/plain", "url": "%2e%2e/secret.txt"},
        {"contentType": "text/plain", "url": "https://elsewhere.example/note"},
        {"contentType": "text/plain", "url": "link.txt"},
        {"contentType": "text/plain", "url": "absent.txt"},
        {"contentType": "text/plain", "data": "no base64!"},
        {"contentType": "text/plain", "data": base64.b64encode(b"\xff\xfe\xff").decode()},
    ],
)
def test_a_note_that_cannot_be_had_sets_its_row_aside(tmp_path: Path, attachment: Resource) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (tmp_path / "secret.txt").write_text("not of the export")
    (export / "link.txt").symlink_to(tmp_path / "secret.txt")
    write(export, DocumentReference=lines(document("p1", "2024", attachment)))
    table = read(export, "x", field=[field(resource="DocumentReference")])
    assert table.cells["x"].tolist() == [None, None]
    assert [(each.row, each.column) for each in table.problems] == [(3, "x")]


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    write(tmp_path, Condition=lines(condition("p0", HEART)) + b"this is not JSON")
    assert list(read(tmp_path, "patient", field=[finding()]).cells) == ["patient"]
