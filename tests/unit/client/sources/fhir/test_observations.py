"""Which value a field takes from a patient's Observations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.client.sources.fhir.small_export import (
    LOINC,
    SNOMED,
    Resource,
    column,
    concept,
    field,
    lines,
    observation,
    patient,
    quantity,
    read,
    write_export,
)

CODE = f"{LOINC}|1-1"


def write(folder: Path, *observations: Resource, patients: int = 1) -> None:
    write_export(
        folder,
        Patient=lines(*(patient(f"p{number}") for number in range(patients))),
        Observation=lines(*observations),
    )


MANY = [
    observation("p0", CODE, "2024-03-01", **quantity(3)),
    observation("p0", CODE, "2024-01-01T23:30:00-05:00", **quantity(10)),
    observation("p0", CODE, "2024-01-01T23:00:00-05:00", **quantity(1)),
    observation("p0", CODE, None, **quantity(2)),
]


@pytest.mark.parametrize(
    ("take", "expected"),
    [("last", 3), ("first", 2), ("mean", 4), ("minimum", 1), ("maximum", 10)],
)
def test_one_of_many_is_taken(tmp_path: Path, take: str, expected: float) -> None:
    write(tmp_path, *MANY)
    assert column(tmp_path, "x", field=[field(take=take)]) == [expected]
    # Whatever the order of the file.
    write(tmp_path, *reversed(MANY))
    assert column(tmp_path, "x", field=[field(take=take)]) == [expected]


def test_times_are_compared_across_zones(tmp_path: Path) -> None:
    write(
        tmp_path,
        observation("p0", CODE, "2024-05-01T10:00:00+02:00", **quantity(1)),
        observation("p0", CODE, "2024-05-01T09:00:00Z", **quantity(2)),
    )
    assert column(tmp_path, "x", field=[field()]) == [2]


@pytest.mark.parametrize(
    "status", ["cancelled", "entered-in-error"], ids=["cancelled", "entered in error"]
)
def test_what_is_no_finding_is_skipped(tmp_path: Path, status: str) -> None:
    write(tmp_path, observation("p0", CODE, "2024-01-01", status=status, **quantity(5)))
    assert column(tmp_path, "x", field=[field()]) == [None]


def test_a_component_is_found_like_an_observation(tmp_path: Path) -> None:
    part = {"code": concept(CODE), **quantity(130, "mm[Hg]")}
    other = {"code": concept(f"{LOINC}|2-2"), **quantity(80, "mm[Hg]")}
    write(tmp_path, observation("p0", f"{LOINC}|85354-9", component=[other, part]))
    table = read(tmp_path, "x", "x_unit", field=[field()])
    assert table.cells.to_numpy().tolist() == [[130, "mm[Hg]"]]


def test_the_unit_is_the_ucum_code_or_what_people_read(tmp_path: Path) -> None:
    in_words: dict[str, object] = {
        "valueQuantity": {"value": 1, "unit": "mg per dL", "system": "x:y", "code": "q"}
    }
    write(
        tmp_path,
        observation("p0", CODE, **quantity(1, "mmol/L", display="millimol")),
        observation("p1", CODE, None, **in_words),
        observation("p2", CODE, valueQuantity={"value": 1}),
        observation("p3", CODE, valueInteger=7),
        patients=4,
    )
    table = read(tmp_path, "x", "x_unit", field=[field()])
    assert table.cells["x_unit"].tolist() == ["mmol/L", "mg per dL", None, "1"]
    assert table.cells["x"].tolist() == [1, 1, 1, 7]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueCodeableConcept": concept(f"{SNOMED}|123", f"{LOINC}|LA1-1")}, "123"),
        ({"valueCodeableConcept": {"text": "words"}}, "words"),
        ({"valueBoolean": False}, "false"),
        ({"valueInteger": 2}, "2"),
        ({"valueString": "positive"}, "positive"),
        ({"dataAbsentReason": concept("x:y|unknown")}, None),
        ({}, None),
    ],
)
def test_codes_come_from_every_kind_of_value(
    tmp_path: Path, value: Resource, expected: str | None
) -> None:
    write(tmp_path, observation("p0", CODE, **value))
    assert column(tmp_path, "x", field=[field(value="code")]) == [expected]


def test_limits_are_kept_or_missing(tmp_path: Path) -> None:
    write(tmp_path, observation("p0", CODE, **quantity(5, comparator="<")))
    assert column(tmp_path, "x", field=[field()]) == [5]
    assert column(tmp_path, "x", field=[field(limits="missing")]) == [None]


@pytest.mark.parametrize(
    ("value", "content"),
    [("quantity", {"valueString": "120"}), ("code", quantity(1)), ("text", quantity(1))],
)
def test_a_value_of_another_kind_is_a_problem_of_the_row(
    tmp_path: Path, value: str, content: dict[str, Any]
) -> None:
    write(tmp_path, observation("p0", CODE, **quantity(1)), patients=2)
    write(tmp_path, observation("p1", CODE, **content), patients=2)
    (problem,) = read(tmp_path, "x", field=[field(value=value)]).problems
    assert (problem.row, problem.column) == (3, "x")
    assert "120" not in str(problem)


def test_several_units_of_one_patient_have_no_mean(tmp_path: Path) -> None:
    write(
        tmp_path,
        observation("p0", CODE, **quantity(1, "mg/dL")),
        observation("p0", CODE, **quantity(1, "mmol/L")),
        observation("p1", CODE, **quantity(1, "mmol/L")),
        observation("p1", CODE, **quantity(3, "mmol/L")),
        patients=2,
    )
    table = read(tmp_path, "x", "x_unit", field=[field(take="mean")])
    assert [problem.row for problem in table.problems] == [2]
    assert table.cells.to_numpy().tolist()[1] == [2, "mmol/L"]


def test_units_that_differ_from_the_mappings_are_refused(tmp_path: Path) -> None:
    write(
        tmp_path,
        observation("p0", CODE, **quantity(1, "mg/dL")),
        observation("p1", CODE, **quantity(1, "mmol/L")),
        patients=2,
    )
    units = {"x": "mg/dL"}
    (problem,) = read(tmp_path, "x", units=units, field=[field()]).problems
    assert problem.row is None
    assert "mg/dL" in problem.expected
    assert "x_unit" in problem.fix
    # Each row's own unit, or one that means the same, is no problem.
    assert read(tmp_path, "x", "x_unit", units=units, field=[field()]).problems == []
    write(tmp_path, observation("p0", CODE, **quantity(1, "mm[Hg]")))
    assert read(tmp_path, "x", units={"x": "mmHg"}, field=[field()]).problems == []


def test_codes_are_of_a_system_of_any_or_begin_alike(tmp_path: Path) -> None:
    write(
        tmp_path,
        observation("p0", f"{SNOMED}|1-1", valueBoolean=True),
        observation("p1", f"{LOINC}|1-12", valueBoolean=True),
        patients=2,
    )
    for code, expected in {
        "1-1": ["true", None],
        "loinc|1-1": [None, None],
        "loinc|1-1*": [None, "true"],
        f"{SNOMED}|*": ["true", None],
        "*": ["true", "true"],
    }.items():
        assert column(tmp_path, "x", field=[field(value="code", code=code)]) == expected
    both = field(value="code", code=["snomed|1-1", "loinc|1-12"])
    assert column(tmp_path, "x", field=[both]) == ["true", "true"]
