"""Rows, their index dates, and what is known before them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from client.sources.fhir import source as fhir_source
from shared.errors import DataError, SettingsError
from tests.unit.client.sources.fhir.small_export import (
    ICD10,
    LOINC,
    Resource,
    column,
    condition,
    encounter,
    field,
    lines,
    observation,
    patient,
    quantity,
    read,
    source,
    write_export,
)

CODE, HEART = f"{LOINC}|1-1", f"{ICD10}|I25"
VISITS = [
    encounter("e2", "p0", "2024-05-10T08:00:00+02:00", **{"class": {"code": "IMP"}}),
    encounter("e1", "p0", "2024-05-01T08:00:00+02:00"),
    encounter("e3", "p1", "2024-05-05"),
]


def write(folder: Path, *observations: Resource, visits: list[Resource] | None = None) -> None:
    write_export(
        folder,
        Encounter=lines(*(VISITS if visits is None else visits)),
        Observation=lines(*observations),
        Patient=lines(*(patient(f"p{number}") for number in range(3))),
    )


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("last_encounter", ["2024-05-10", "2024-05-05", None]),
        ("first_encounter", ["2024-05-01", "2024-05-05", None]),
        ("last_seen", ["2024-05-10", "2024-05-05", "2024-06-01"]),
        ("2023-12-31", ["2023-12-31"] * 3),
        ("x", ["2024-06-02", None, "2024-05-30"]),
    ],
)
def test_the_index_date(tmp_path: Path, index: str, expected: list[str | None]) -> None:
    write(
        tmp_path,
        observation("p0", CODE, "2024-06-02T01:00:00+14:00", **quantity(1)),
        observation("p2", CODE, "2024-06-01", **quantity(1)),
        observation("p2", CODE, "2024-05-30", **quantity(1)),
        observation("p1", CODE, None, **quantity(1)),
    )
    table = read(tmp_path, "index_date", "x", index=index, field=[field()])
    cells = table.cells["index_date"].astype(object)
    assert cells.where(cells.notna(), None).tolist() == expected


def test_only_some_encounters_may_count(tmp_path: Path) -> None:
    write(tmp_path)
    settings: dict[str, Any] = {"index": "last_encounter", "encounter_class": ["AMB"]}
    assert column(tmp_path, "index_date", **settings) == ["2024-05-01", "2024-05-05", None]
    # The class is known whatever gives the index date.
    assert column(tmp_path, "encounter_class", index="2020-01-01") == ["IMP", "AMB", None]


def test_what_came_after_the_index_date_is_not_known_before(tmp_path: Path) -> None:
    write(
        tmp_path,
        observation("p0", CODE, "2024-05-10T23:00:00+02:00", **quantity(1)),
        observation("p0", CODE, "2024-05-11T00:30:00+02:00", **quantity(2)),
        observation("p1", CODE, "2024-04-01", **quantity(3)),
        observation("p2", CODE, "2024-04-01", **quantity(4)),
    )
    before = field(when="before")
    settings: dict[str, Any] = {"index": "last_encounter", "field": [before]}
    assert column(tmp_path, "x", **settings) == [1, 3, None]
    settings["field"] = [{**before, "within_days": 33}]
    assert column(tmp_path, "x", **settings) == [1, None, None]
    settings["field"] = [{**before, "within_days": 34}]
    assert column(tmp_path, "x", **settings) == [1, 3, None]


def test_what_was_before_a_diagnosis(tmp_path: Path) -> None:
    write(
        tmp_path,
        observation("p0", CODE, "2024-01-01", **quantity(1)),
        observation("p0", CODE, "2024-03-01", **quantity(2)),
    )
    write_export(
        tmp_path,
        Condition=lines(
            condition("p0", HEART, recordedDate="2024-04-01"),
            condition("p0", HEART, onsetDateTime="2024-02"),
            condition("p0", HEART, "refuted", onsetDateTime="2019"),
        ),
    )
    diagnosis = field("d", "Condition", code="icd10|I25", value="code")
    fields = [diagnosis, field(when="before")]
    assert column(tmp_path, "x", index="d", field=fields) == [1, None, None]


def test_rows_may_be_encounters(tmp_path: Path) -> None:
    write(
        tmp_path,
        observation(
            "p0", CODE, "2024-05-01", **quantity(1), encounter={"reference": "Encounter/e1"}
        ),
        observation(
            "p0", CODE, "2024-05-10", **quantity(2), encounter={"reference": "Encounter/e2"}
        ),
        observation("p0", CODE, "2024-05-02", **quantity(3)),
        # Somebody else's encounter.
        observation(
            "p1", CODE, "2024-05-10", **quantity(4), encounter={"reference": "Encounter/e2"}
        ),
    )
    names = ["patient", "index_date", "encounter_class", "own", "before", "ever"]
    fields = [field("own"), field("before", when="before"), field("ever", when="ever")]
    cells = read(tmp_path, *names, one_row_per="encounter", field=fields).cells
    assert cells.fillna(-1).to_numpy().tolist() == [
        ["p0", "2024-05-01", "AMB", 1, 1, 2],
        ["p0", "2024-05-10", "IMP", 2, 2, 2],
        ["p1", "2024-05-05", "AMB", -1, -1, 4],
    ]


def test_rows_of_encounters_need_to_know_whose_they_are(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(SettingsError, match="patient_rows"):
        read(tmp_path, "age", one_row_per="encounter")


def test_no_encounters_are_no_rows(tmp_path: Path) -> None:
    write(tmp_path, visits=[encounter("e1", "p0", "2024-05-01", status="cancelled")])
    with pytest.raises(DataError, match="Encounter"):
        read(tmp_path, "patient", one_row_per="encounter")


def test_encounters_are_read_only_where_they_matter(tmp_path: Path) -> None:
    # As FHIR R5 writes a class.
    broken = encounter("e1", "p1", "2024-05-01", **{"class": [{"coding": []}]})
    write(tmp_path, visits=[*VISITS, broken])
    assert read(tmp_path, "patient", "gender").problems == []
    (problem,) = read(tmp_path, "patient", "age").problems
    assert problem.row == 3
    assert "Encounter.ndjson, line 4" in problem.expected


def test_batches_go_on_where_the_last_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir_source, "CHUNK_ROWS", 2)
    write(tmp_path, observation("p2", CODE, None, valueString="x"), observation("p9", CODE, None))
    batches = list(source(tmp_path, field=[field()]).batches(["patient", "x", "x_unit"]))
    assert [batch.rows.tolist() for batch in batches] == [[2, 3], [4]]
    assert [batch.rows_read for batch in batches] == [2, 2]
    assert [[each.row for each in batch.problems] for batch in batches] == [[], [4, 5]]
    assert all(list(batch.cells) == ["patient", "x", "x_unit"] for batch in batches)
