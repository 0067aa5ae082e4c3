"""Rows from the OMOP common data model: whose, when, which value, and what is refused."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from client.sources.omop.fields import OmopField
from client.sources.omop.settings import OmopSettings
from shared.errors import DataError, SettingsError
from tests.postgresql import new_database
from tests.unit.client.sources.omop.small_cdm import (
    ASPIRIN,
    CHOLESTEROL,
    DIABETES,
    LESS,
    MG_DL,
    MMOL_L,
    TYPE_2,
    SmallCdm,
    cells,
)

LIPID = {"name": "chol", "table": "measurement", "code": "LOINC|2093-3"}
SUGAR = {"name": "dm", "table": "condition_occurrence", "concept": DIABETES, "descendants": True}


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def cdm(request: pytest.FixtureRequest, tmp_path: Path) -> SmallCdm:
    if request.param == "postgresql":
        return SmallCdm(tmp_path, new_database(request.getfixturevalue("postgresql")))
    return SmallCdm(tmp_path, f"{request.param}:///cdm.db")


@pytest.fixture
def small(tmp_path: Path) -> SmallCdm:
    return SmallCdm(tmp_path)


def test_everybody_is_a_row_with_what_is_known(cdm: SmallCdm) -> None:
    cdm.person(7, 1950, month_of_birth=3, day_of_birth=1)
    cdm.person(3, 1960, gender_concept_id=8532)
    cdm.person(5, None, gender_concept_id=0)
    cdm.visit(7, "2020-03-01", 1)
    cdm.visit(3, "2010-01-05", 2, 9201)
    cdm.visit(3, "2010-07-01", 3)
    cdm.add("death", person_id=3, death_date=date(2011, 1, 1))
    cdm.event(
        "measurement", 7, CHOLESTEROL, "2020-03-01", value_as_number=5.2, unit_concept_id=MMOL_L
    )
    cdm.event("condition_occurrence", 3, TYPE_2, "2009-01-01")
    table = cdm.read(
        [
            "patient",
            "age",
            "gender",
            "deceased",
            "index_date",
            "visit_class",
            "chol",
            "chol_unit",
            "dm",
        ],
        LIPID,
        {**SUGAR, "otherwise": "false"},
    )
    assert cells(table, "patient") == ["3", "5", "7"]
    assert cells(table, "age") == [50, None, 70]
    assert cells(table, "gender") == ["female", None, "male"]
    assert cells(table, "deceased") == ["true", "false", "false"]
    assert cells(table, "index_date") == ["2010-07-01", None, "2020-03-01"]
    assert cells(table, "visit_class") == ["OP", None, "OP"]
    assert (cells(table, "chol"), cells(table, "chol_unit")) == (
        [None, None, 5.2],
        [None, None, "mmol/L"],
    )
    assert cells(table, "dm") == ["true", "false", "false"]
    assert (table.rows.tolist(), table.rows_read, table.problems) == ([2, 3, 4], 3, [])


def test_rows_may_be_visits(cdm: SmallCdm) -> None:
    for number, key, day in [(1, 11, "2020-05-01"), (1, 10, "2020-01-01"), (2, 12, "2021-01-01")]:
        if key != 10:
            cdm.person(number)
        cdm.visit(number, day, key)
    cdm.person(3)
    for day, visit, value in [
        ("2020-01-01", 10, 100),
        ("2020-05-01", 11, 200),
        ("2020-05-02", None, 300),
    ]:
        cdm.event(
            "measurement", 1, CHOLESTEROL, day, visit_occurrence_id=visit, value_as_number=value
        )
    before = {**LIPID, "name": "before", "when": "before"}
    table = cdm.read(
        ["patient", "index_date", "chol", "before"], LIPID, before, one_row_per="visit"
    )
    assert cells(table, "patient") == ["1", "1", "2"]
    assert cells(table, "index_date") == ["2020-01-01", "2020-05-01", "2021-01-01"]
    assert cells(table, "chol") == [100, 200, None]
    assert cells(table, "before") == [100, 200, None]
    with pytest.raises(SettingsError, match="does not tell whose"):
        cdm.read(["chol"], LIPID, one_row_per="visit")


TAKES = [("last", 3), ("first", 1), ("mean", 2), ("minimum", 1), ("maximum", 3)]


@pytest.mark.parametrize(("take", "expected"), TAKES)
def test_which_value_is_taken(small: SmallCdm, take: str, expected: float) -> None:
    small.person(1)
    # The time decides on one day, and the day before the order of the rows.
    for when, value in [("2020-01-02T09:00", 3), ("2020-01-01", 1), ("2020-01-02T08:00", 2)]:
        small.event(
            "measurement", 1, CHOLESTEROL, when, value_as_number=value, unit_concept_id=MG_DL
        )
    assert cells(small.read(["chol"], {**LIPID, "take": take}), "chol") == [expected]


def test_numbers_in_several_units_are_not_averaged(small: SmallCdm) -> None:
    small.person(1)
    for unit in (MG_DL, MMOL_L):
        small.event(
            "measurement", 1, CHOLESTEROL, "2020-01-01", value_as_number=5, unit_concept_id=unit
        )
    (problem,) = small.read(["chol", "chol_unit"], {**LIPID, "take": "mean"}).problems
    assert (problem.row, problem.column, problem.expected) == (
        2,
        "chol",
        "values of a patient in one unit",
    )


def test_another_unit_than_the_mapping_says_is_a_problem_of_the_column(small: SmallCdm) -> None:
    for number, unit in enumerate([MG_DL, MMOL_L], 1):
        small.person(number)
        small.event(
            "measurement",
            number,
            CHOLESTEROL,
            "2020-01-01",
            value_as_number=5,
            unit_concept_id=unit,
        )
    (problem,) = small.read(["chol"], LIPID, units={"chol": "mg/dL"}).problems
    assert (problem.row, problem.column) == (None, "chol")
    assert 'unit_column = "chol_unit"' in problem.fix
    assert not small.read(["chol", "chol_unit"], LIPID, units={"chol": "mg/dL"}).problems


def test_units_without_a_concept_are_what_the_source_wrote(small: SmallCdm) -> None:
    small.person(1)
    small.event(
        "measurement", 1, CHOLESTEROL, "2020-01-01",
        value_as_number=5, unit_concept_id=0, unit_source_value="mmol/l",
    )  # fmt: skip
    assert cells(small.read(["chol_unit"], LIPID), "chol_unit") == ["mmol/l"]


@pytest.mark.parametrize(("limits", "expected"), [("keep", 5), ("missing", 4)])
def test_limits(small: SmallCdm, limits: str, expected: float) -> None:
    small.person(1)
    small.event("measurement", 1, CHOLESTEROL, "2020-01-01", value_as_number=4)
    small.event(
        "measurement", 1, CHOLESTEROL, "2020-01-02", value_as_number=5, operator_concept_id=LESS
    )
    assert cells(small.read(["chol"], {**LIPID, "limits": limits}), "chol") == [expected]


CODES = [
    ({"code": "ICD10CM|E11*"}, ["E11.9", "E110"]),
    ({"code": "icd10cm|E11.9"}, ["E11.9"]),
    ({"code": ["ICD10CM|I25.1", "ICD10CM|E110"]}, ["E110", "I25.1"]),
    ({"code": "ICD10CM|*"}, ["E11.9", "E110", "I25.1"]),
    ({"code": "SNOMED|44054006"}, ["44054006"]),
    ({"concept": 45_000_001}, ["E11.9"]),
    ({"code": "SNOMED|73211009", "descendants": True}, ["44054006"]),
]


@pytest.mark.parametrize(("meant", "expected"), CODES)
def test_which_rows_are_meant(small: SmallCdm, meant: dict[str, Any], expected: list[str]) -> None:
    small.person(1)
    for day, source in enumerate([45_000_001, 45_000_002, 45_000_003], 1):
        small.event(
            "condition_occurrence", 1, TYPE_2 if day == 1 else 0, f"2020-01-0{day}",
            condition_source_concept_id=source,
        )  # fmt: skip
    field = {"name": "codes", "table": "condition_occurrence", "value": "terms", **meant}
    assert cells(small.read(["codes"], field), "codes") == [tuple(expected)]


def test_a_concept_that_no_table_knows_still_counts(small: SmallCdm) -> None:
    small.person(1)
    small.event("drug_exposure", 1, 2_000_000_005, "2020-01-01")
    field = {"name": "drug", "table": "drug_exposure", "concept": [2_000_000_005], "value": "code"}
    assert cells(small.read(["drug"], field), "drug") == ["2000000005"]


def test_a_code_that_the_vocabulary_lacks_is_a_problem(small: SmallCdm) -> None:
    small.person(1)
    (problem,) = small.read(["chol"], {**LIPID, "code": "LOINC|2093-33"}).problems
    assert (problem.row, problem.column) == (None, "chol")


def test_an_empty_table_is_no_reason_for_otherwise(small: SmallCdm) -> None:
    small.person(1)
    (problem,) = small.read(["dm"], {**SUGAR, "otherwise": "false"}).problems
    assert problem.expected == "rows in condition_occurrence"


WINDOWS = [({}, 2), ({"within_days": 30}, 1), ({"within_days": 0}, 0)]


@pytest.mark.parametrize(("more", "expected"), WINDOWS)
def test_what_was_before_a_diagnosis(small: SmallCdm, more: dict[str, Any], expected: int) -> None:
    small.person(1)
    small.event("condition_occurrence", 1, TYPE_2, "2020-02-01")
    small.event("condition_occurrence", 1, TYPE_2, "2021-02-01")
    for day in ("2019-01-01", "2020-01-15", "2020-02-02"):
        small.event("drug_exposure", 1, ASPIRIN, day)
        small.event("measurement", 1, CHOLESTEROL, day, value_as_number=1)
    drug = {"name": "drug", "table": "drug_exposure", "concept": ASPIRIN, "when": "before", **more}
    table = small.read(["drug", "index_date", "age"], drug, SUGAR, index="dm")
    assert cells(table, "index_date") == ["2020-02-01"]
    assert cells(table, "drug") == ["true" if expected else None]
    count = {**LIPID, "when": "before", "take": "mean", **more}
    assert (cells(small.read(["chol"], count, SUGAR, index="dm"), "chol") == [None]) == (
        expected == 0
    )


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("last_seen", ["2020-05-01", "2015-12-31"]),
        ("last_visit", ["2020-05-01", None]),
        ("first_visit", ["2020-01-01", None]),
        ("2024-01-01", ["2024-01-01", "2024-01-01"]),
    ],
)
def test_the_index_date(small: SmallCdm, index: str, expected: list[str | None]) -> None:

    small.person(1)
    small.person(2)
    small.visit(1, "2020-05-01", 1)
    small.visit(1, "2020-01-01", 2)
    small.visit(1, "2022-01-01", 3, 9201)
    for key, end in enumerate(["2014-12-31", "2015-12-31"]):
        small.add(
            "observation_period",
            observation_period_id=key,
            person_id=2,
            observation_period_start_date=date(2010, 1, 1),
            observation_period_end_date=date.fromisoformat(end),
            period_type_concept_id=0,
        )
    given: Any = date.fromisoformat(index) if index[0] == "2" else index
    table = small.read(["index_date"], index=given, visit_concept=[9202])
    assert cells(table, "index_date") == expected


NOTES = [("last", "c"), ("first", "a"), ("all", "a\n\nb\n\nc")]


@pytest.mark.parametrize(("take", "expected"), NOTES)
def test_notes(cdm: SmallCdm, take: str, expected: str) -> None:
    cdm.person(1)
    for day, text in [(2, "b"), (1, "a"), (3, "c")]:
        cdm.note(1, f"2020-01-0{day}", text)
    assert cells(
        cdm.read(["letter"], {"name": "letter", "table": "note", "take": take}), "letter"
    ) == [expected]


def test_rows_about_nobody_are_counted(cdm: SmallCdm) -> None:
    cdm.person(2)
    for number in (1, 2, 3, 4):
        cdm.event("condition_occurrence", number, TYPE_2, "2020-01-01")
    table = cdm.read(["dm"], SUGAR)
    assert cells(table, "dm") == ["true"]
    assert [
        "3 rows of condition_occurrence are about nobody" in each for each in table.remarks
    ] == [True]


def test_an_absent_table_or_schema_is_said(cdm: SmallCdm) -> None:
    cdm.person(1)
    cdm.execute("DROP TABLE measurement")
    with pytest.raises(DataError, match="no such table") as caught:
        cdm.read(["chol"], LIPID)
    assert "OMOP CDM" in caught.value.fix
    with pytest.raises(DataError, match="no such"):
        cdm.read(["patient"], schema="elsewhere")


def test_persons_without_number_and_empty_tables(small: SmallCdm) -> None:
    table = small.read(["patient", "chol"], LIPID)
    assert (len(table.cells), list(table.cells)) == (0, ["patient", "chol"])


def test_unknown_columns_are_left_out(small: SmallCdm) -> None:
    small.person(1)
    assert list(small.read(["patient", "race"], LIPID).cells) == ["patient"]


WRONG: Sequence[tuple[dict[str, Any], str]] = [
    ({**LIPID, "code": "2093-3"}, "is not vocabulary|code"),
    ({"name": "x", "table": "measurement"}, "say with concept or code"),
    ({**LIPID, "within_days": 3}, 'needs when = "before"'),
    ({**SUGAR, "value": "quantity"}, "a quantity comes from"),
    ({**SUGAR, "take": "mean"}, "needs numbers"),
    ({**LIPID, "take": "all"}, "is for notes"),
    ({**LIPID, "otherwise": "0"}, "no otherwise"),
    ({**SUGAR, "value": "text"}, "cannot come from"),
    ({"name": "n", "table": "note", "value": "flag"}, "cannot come from"),
]


@pytest.mark.parametrize(("field", "expected"), WRONG)
def test_fields_that_cannot_be_meant(field: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OmopField.model_validate(field)
    assert expected in str(caught.value)


SOURCES: Sequence[tuple[dict[str, Any], str]] = [
    ({"field": [LIPID, LIPID]}, "more than one"),
    ({"field": [{**LIPID, "name": "age"}]}, "a column of this name already"),
    ({"index": "nothing"}, "nor a field"),
    ({"index": "last_visit", "one_row_per": "visit"}, "leave out index"),
    ({"field": [{**LIPID, "when": "visit"}]}, "visit needs"),
    ({"field": [{**LIPID, "when": "before"}]}, "say with index before which day"),
    ({"field": [{**LIPID, "when": "before"}], "index": "chol"}, "cannot be before"),
]


@pytest.mark.parametrize(("source", "expected"), SOURCES)
def test_sources_that_cannot_be_meant(source: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OmopSettings.model_validate({"kind": "omop", "url": "sqlite:///secret.db", **source})
    assert expected in str(caught.value)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), max_size=12))
def test_streams_merge_as_a_dictionary_does(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, int]]
) -> None:
    cdm = SmallCdm(tmp_path_factory.mktemp("cdm"))
    persons = [1, 2, 4, 6]
    for person in persons:
        cdm.person(person)
    expected: dict[int, float | None] = dict.fromkeys(persons)
    for person, value in events:
        cdm.event("measurement", person, CHOLESTEROL, "2020-01-01", value_as_number=value)
        if person in expected:
            expected[person] = value
    assert cells(cdm.read(["chol"], LIPID), "chol") == list(expected.values())


def test_memory_does_not_grow_with_the_table(
    small: SmallCdm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("database", "omop.source"):
        monkeypatch.setattr(f"client.sources.{module}.CHUNK_ROWS", 200)
    small.person(1)
    small.execute(
        "INSERT INTO person (person_id, gender_concept_id, year_of_birth, race_concept_id, "
        "ethnicity_concept_id) WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n "
        "WHERE x < 6000) SELECT x, 8507, 1960, 0, 0 FROM n"
    )
    small.execute(
        "INSERT INTO measurement (measurement_id, person_id, measurement_concept_id, "
        "measurement_date, measurement_type_concept_id, value_as_number) "
        "SELECT person_id, person_id, 3027114, '2020-01-01', 0, 5 FROM person"
    )
    batches = small.source(LIPID).batches(["chol"])
    tracemalloc.start()
    sizes = [tracemalloc.get_traced_memory()[0] for _ in batches]
    tracemalloc.stop()
    assert len(sizes) == 6_000 // 200 + 2
    # 4,000 rows more, which would be some megabytes.
    assert sizes[-3] - sizes[9] < 300_000
