"""Every kind of problem is found at its place, all at once, and shows no value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from client.sources import load_records
from shared.errors import DataError, JuntosError, Problem
from tests.unit.client.small_hospital import CONTRACT, SENTINEL, column_of, mapping, rows, write


def failure(path: Path, known_term: Callable[[str], bool] | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, path, known_term)
    assert_no_value(caught.value)
    return caught.value


def assert_no_value(error: JuntosError) -> None:
    said = [str(error), *(str(problem) for problem in getattr(error, "problems", []))]
    assert not [text for text in said if SENTINEL.casefold() in text.casefold()]


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


BAD_CELLS = [
    ("years", SENTINEL, "a number"),
    ("years", "inf", "a number"),
    ("years", "1,5", "a number with a decimal point"),
    ("years", "121", "0 to 120 a"),
    ("rr", "140", "50 to 260 mm[Hg]"),
    ("cp", SENTINEL, "typical, other"),
    ("fev", SENTINEL, "true or false"),
    ("hpo", f"HP:0001250|{SENTINEL}", "codes of HPO"),
    ("hpo", "HP:0001166|HP:0001519|HP:0000545|HP:0001250", "at most 3 terms"),
    ("letter", SENTINEL * 4, "at most 30 characters"),
    ("diagnosis", SENTINEL, "none, disease, grade_1"),
    ("diagnosis", "?", "a diagnosis"),
    ("id", "10", "no earlier row"),
    ("id", "10.0", "no earlier row"),
    ("id", "", "name or number"),
]


@pytest.mark.parametrize(("column", "cell", "expected"), BAD_CELLS)
def test_a_bad_cell_is_reported_at_its_place(
    tmp_path: Path, column: str, cell: str, expected: str
) -> None:
    cells = rows()
    cells[column] = [*cells[column][:2], cell, cells[column][3]]
    problem = only(failure(write(tmp_path, cells=cells)).problems)
    assert (problem.file, problem.row, problem.column) == ("patients.csv", 4, column)
    assert expected in problem.expected
    assert problem.fix


def test_everything_is_reported_at_once_and_in_the_order_of_the_file(tmp_path: Path) -> None:
    cells = rows(years=[SENTINEL, "1", "1", "500"], cp=["1", SENTINEL, "1", SENTINEL])
    error = failure(write(tmp_path, cells=cells))
    places = [(problem.row, problem.column) for problem in error.problems]
    assert places == [(2, "years"), (3, "cp"), (5, "cp"), (5, "years")]
    assert "4 problems in 3 of 4 rows" in error.what
    assert "set_aside" in error.fix


def test_a_term_that_the_ontology_lacks_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path)
    problem = only(failure(path, known_term=lambda term: term != "HP:0000007").problems[:1])
    assert (problem.row, problem.column) == (2, "hpo")
    assert len(load_records(CONTRACT, path, known_term=lambda _: True).records) == 4


def test_missing_columns_are_reported_together_with_bad_cells(tmp_path: Path) -> None:
    cells = rows(cp=[SENTINEL, "1", "1", "1"])
    del cells["years"], cells["diagnosis"]
    content = mapping(rows={"bad_rows": "set_aside"})
    error = failure(write(tmp_path, content, cells))
    whole = {problem.column for problem in error.problems if problem.row is None}
    assert whole == {"years", "diagnosis"}
    assert (2, "cp") in [(problem.row, problem.column) for problem in error.problems]


def test_a_column_in_a_wrong_unit_stops_even_when_rows_may_be_set_aside(tmp_path: Path) -> None:
    content = mapping(rows={"bad_rows": "set_aside"})
    column_of(content, "pressure")["unit"] = "mmol/L"
    problem = only(failure(write(tmp_path, content)).problems)
    assert (problem.row, problem.column) == (None, "rr")
    assert "mm[Hg]" in problem.expected
    assert "unit" in problem.fix


def test_a_column_mostly_outside_its_range_is_a_suspected_unit(tmp_path: Path) -> None:
    content = mapping(rows={"bad_rows": "set_aside"})
    column_of(content, "pressure")["unit"] = "mm[Hg]"
    cells = {name: values[:1] * 30 for name, values in rows().items()}
    cells["id"] = [str(number) for number in range(30)]
    error = failure(write(tmp_path, content, cells))
    whole = only([problem for problem in error.problems if problem.row is None])
    assert (whole.column, "unit" in whole.fix) == ("rr", True)
    assert len(error.problems) == 31


def test_rows_are_set_aside_when_the_mapping_says_so(tmp_path: Path) -> None:
    cells = rows(years=["40", SENTINEL, "41", "42"], id=["10", "11", "12", "10"])
    loaded = load_records(CONTRACT, write(tmp_path, mapping(rows={"bad_rows": "set_aside"}), cells))
    assert (loaded.rows_read, loaded.rows_set_aside, len(loaded.records)) == (4, 2, 2)
    assert loaded.records.table["age"].tolist() == [40, 41]
    assert loaded.records.labels.tolist() == ["none", "grade_2"]
    assert [problem.row for problem in loaded.problems] == [3, 5]
    assert not any(SENTINEL in str(problem) for problem in loaded.problems)


def test_a_row_with_several_problems_is_set_aside_once(tmp_path: Path) -> None:
    cells = rows(years=["40", SENTINEL, "41", "42"], cp=["1", SENTINEL, "1", "1"])
    loaded = load_records(CONTRACT, write(tmp_path, mapping(rows={"bad_rows": "set_aside"}), cells))
    assert (loaded.rows_set_aside, len(loaded.problems)) == (1, 2)


def test_no_good_row_is_an_error(tmp_path: Path) -> None:
    content = mapping(rows={"bad_rows": "set_aside"})
    error = failure(write(tmp_path, content, rows(cp=[SENTINEL] * 4)))
    assert "4 of 4 rows" in error.what


def test_a_source_without_rows_is_an_error(tmp_path: Path) -> None:
    assert "no rows" in failure(write(tmp_path, cells={name: [] for name in rows()})).what
