"""Spreadsheets: each cell gives its value or is named; none is shifted or silently empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from client.sources import check_records, load_records
from shared.errors import DataError, Problem
from tests.unit.client.small_hospital import (
    CONTRACT,
    ROWS,
    SENTINEL,
    column_of,
    mapping,
    typed_rows,
    write,
    write_mapping,
)

COLUMN = {name: place + 1 for place, name in enumerate(ROWS)}


def written(
    folder: Path,
    change: Callable[[Worksheet], None] | None = None,
    content: dict[str, Any] | None = None,
    *,
    first: int = 1,
    typed: bool = False,
    **source: object,
) -> Path:
    """Write the rows into a sheet whose header is in row `first`, after a change by the test."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    table = typed_rows() if typed else None
    for name, column in COLUMN.items():
        sheet.cell(first, column, name)
        cells = ROWS[name] if table is None else table[name].astype(object).tolist()
        for row, cell in enumerate(cells, first + 1):
            sheet.cell(row, column, None if pd.isna(cell) or cell == "" else cell)
    if change is not None:
        change(sheet)
    book.save(folder / "patients.xlsx")
    return write_mapping(
        folder,
        {**(content or mapping()), "source": {"kind": "excel", "path": "patients.xlsx", **source}},
    )


def problems(path: Path) -> list[Problem]:
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, path)
    said = str(caught.value) + " ".join(map(str, caught.value.problems))
    assert SENTINEL not in said
    return caught.value.problems


@pytest.mark.parametrize("typed", [False, True])
def test_a_sheet_gives_the_records_of_a_text_file(tmp_path: Path, typed: bool) -> None:
    as_text = load_records(CONTRACT, write(tmp_path)).records.content_hash()
    loaded = load_records(CONTRACT, written(tmp_path, typed=typed))
    assert loaded.records.content_hash() == as_text
    assert (loaded.source, loaded.rows.tolist()) == ("patients.xlsx", [2, 3, 4, 5])


def test_a_title_above_and_blank_rows_between_shift_nothing(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["A1"] = "Patients of 2024"
        sheet.insert_rows(6)
        sheet.cell(7, COLUMN["cp"], SENTINEL)

    (problem,) = problems(written(tmp_path, change, first=4, header_row=4))
    assert (problem.row, problem.column) == (7, "cp")
    assert "row 1 of the sheet is empty" in str(failure(written(tmp_path, first=4)))


def failure(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, path)
    return caught.value


def test_merged_cells_are_named_row_by_row(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.merge_cells(
            start_row=3, end_row=5, start_column=COLUMN["cp"], end_column=COLUMN["cp"]
        )
        sheet.merge_cells("A2:A3")

    found = problems(written(tmp_path, change))
    assert [(each.row, each.column) for each in found] == [(3, "cp"), (4, "cp"), (5, "cp")]
    assert "Unmerge" in found[0].fix


def test_a_merged_header_concerns_its_columns(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        start, end = COLUMN["years"], COLUMN["rr"]
        sheet.merge_cells(start_row=1, end_row=1, start_column=start, end_column=end)

    found = [(each.row, each.column) for each in problems(written(tmp_path, change))]
    assert (None, "years") in found
    assert (None, "rr") in found


def test_formulas_without_results_and_errors_are_named(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.cell(3, COLUMN["years"], "=20+30")
        sheet.cell(4, COLUMN["rr"], "#N/A")

    found = problems(written(tmp_path, change))
    assert [(each.row, each.column) for each in found] == [(3, "years"), (4, "rr")]
    assert "formula with its result" in found[0].expected
    assert "no error of a formula" in found[1].expected


def test_dates_where_numbers_belong_are_problems(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.cell(2, COLUMN["years"], datetime(2024, 5, 1))
        sheet.cell(3, COLUMN["rr"], time(12, 30))

    assert [(each.row, each.column) for each in problems(written(tmp_path, change))] == [
        (2, "years"),
        (3, "rr"),
    ]


def test_numbers_as_text_stand_beside_numbers(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.cell(2, COLUMN["years"], "40,25")
        sheet.cell(3, COLUMN["years"], 50.5)
        for row in (2, 3, 4, 5):
            sheet.cell(row, COLUMN["rr"], 16)

    ages = load_records(CONTRACT, written(tmp_path, change, decimal=",")).records.table["age"]
    assert ages.tolist()[:2] == [40.25, 50.5]
    (problem,) = problems(written(tmp_path, change))
    assert (problem.row, problem.column) == (2, "years")


def test_hidden_rows_count_and_are_said(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True

    path = written(tmp_path, change)
    checked = check_records(CONTRACT, path)
    assert checked.good_rows == 4
    assert "1 hidden row was read" in checked.remarks[0]


def test_several_sheets_need_a_name(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("Notes")

    error = failure(written(tmp_path, change))
    assert "several sheets" in error.what
    assert "Sheet, Notes" in error.fix
    assert "no sheet of this name" in failure(written(tmp_path, change, sheet="sheet")).what
    assert load_records(CONTRACT, written(tmp_path, change, sheet="Sheet")).rows_read == 4


def test_a_code_that_is_a_number_is_the_code_as_text(tmp_path: Path) -> None:
    content = mapping()
    column_of(content, "pain")["codes"] = {"1.5": "typical", "2": "other"}

    def change(sheet: Worksheet) -> None:
        for row, code in enumerate([1.5, 2, 2.0, "1.5"], 2):
            sheet.cell(row, COLUMN["cp"], code)

    pain = load_records(CONTRACT, written(tmp_path, change, content)).records.table["pain"]
    assert pain.tolist() == ["typical", "other", "other", "typical"]


def test_files_that_are_no_spreadsheet(tmp_path: Path) -> None:
    path = written(tmp_path)
    whole = (tmp_path / "patients.xlsx").read_bytes()
    for broken in [whole[: len(whole) // 2], b"years,rr\n1,2\n", whole[:30] + whole[60:]]:
        (tmp_path / "patients.xlsx").write_bytes(broken)
        assert "is not a spreadsheet, or is damaged" in failure(path).what
    (tmp_path / "patients.xlsx").write_bytes(b"")
    assert "is empty" in failure(path).what
