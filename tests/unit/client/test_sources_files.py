"""Files and databases: the same records from each, and a clear error when one cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from client.sources import load_records
from client.sources.mapping import load_mapping
from client.sources.raw_table import one_table
from client.sources.reading import open_source
from shared.errors import DataError, JuntosError, SettingsError
from tests.unit.client.small_hospital import (
    CONTRACT,
    ROWS,
    SENTINEL,
    mapping,
    rows,
    typed_rows,
    write,
    write_mapping,
    write_parquet,
    write_sqlite,
)


def failure(path: Path, kind: type[JuntosError] = DataError) -> str:
    with pytest.raises(kind) as caught:
        load_records(CONTRACT, path)
    said = str(caught.value) + " ".join(map(str, getattr(caught.value, "problems", [])))
    assert SENTINEL not in said
    return said


def test_the_cells_become_what_the_contract_says(tmp_path: Path) -> None:
    loaded = load_records(CONTRACT, write(tmp_path))
    table = loaded.records.table
    assert list(table.columns) == list(CONTRACT.features)
    np.testing.assert_array_equal(table["age"], [40, 50.5, np.nan, np.nan])
    np.testing.assert_allclose(table["pressure"], [120.01, np.nan, 150.01, 138.76], atol=0.01)
    assert table["pain"].tolist() == ["typical", "other", "typical", None]
    np.testing.assert_array_equal(table["fever"], [1, 0, np.nan, 0])
    assert table["phenotypes"].tolist() == [
        ("HP:0001250", "HP:0000007"),
        ("HP:0000007",),
        (),
        ("HP:0001250",),
    ]
    assert table["note"].tolist() == ["seizures; since spring", None, 'no, "none"', "tired"]
    assert loaded.records.labels.tolist() == ["none", "disease", "grade_2", "grade_1"]
    assert (loaded.source, loaded.rows_read, loaded.rows_set_aside) == ("patients.csv", 4, 0)


@pytest.mark.parametrize("table", [pd.DataFrame(ROWS), typed_rows()], ids=["text", "typed"])
def test_csv_parquet_and_sqlite_give_identical_records(tmp_path: Path, table: pd.DataFrame) -> None:
    paths = []
    for writer, data in [(write, ROWS), (write_parquet, table), (write_sqlite, table)]:
        folder = tmp_path / writer.__name__
        folder.mkdir()
        arguments: dict[str, Any] = {"cells" if writer is write else "table": data}
        paths.append(writer(folder, **arguments))
    loaded = [load_records(CONTRACT, path) for path in paths]
    for other in loaded[1:]:
        pd.testing.assert_frame_equal(other.records.table, loaded[0].records.table)
        assert other.records.labels.tolist() == loaded[0].records.labels.tolist()
        assert other.records.content_hash() == loaded[0].records.content_hash()
    assert [each.source for each in loaded[1:]] == ["patients.parquet", "sqlite:hospital.db"]


def test_a_parquet_column_may_hold_lists_of_terms(tmp_path: Path) -> None:
    table = pd.DataFrame(ROWS)
    table["hpo"] = [["HP:0001250", "7"], None, [], ["HP:0001250"]]
    phenotypes = load_records(CONTRACT, write_parquet(tmp_path, table)).records.table["phenotypes"]
    assert phenotypes.tolist() == [("HP:0001250", "HP:0000007"), (), (), ("HP:0001250",)]


@pytest.mark.parametrize("kind", ["csv", "parquet", "sql"])
def test_columns_that_are_not_mapped_are_never_loaded(tmp_path: Path, kind: str) -> None:
    if kind == "csv":
        path = write(tmp_path)
    else:
        writer = write_parquet if kind == "parquet" else write_sqlite
        path = writer(tmp_path, pd.DataFrame(ROWS))
    loaded = load_mapping(path)
    table = one_table(open_source(loaded, tmp_path).batches(loaded.local_columns))
    assert set(table.cells) == set(ROWS) - {"Last Name"}
    assert not table.cells.map(lambda cell: SENTINEL in str(cell)).to_numpy().any()
    assert table.rows.tolist() == [2, 3, 4, 5]


def test_blank_lines_are_no_rows_but_count_for_row_numbers(tmp_path: Path) -> None:
    path = write(tmp_path)
    file = tmp_path / "patients.csv"
    lines = file.read_text().splitlines()
    lines[3] = lines[3].replace(",20,", f",{SENTINEL},")
    file.write_text("\n".join([lines[0], "", *lines[1:], "", ",,,,,,,,", ""]))
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, path)
    assert [problem.row for problem in caught.value.problems] == [5]
    assert "of 4 rows" in caught.value.what


def test_ragged_rows_are_named_and_can_be_set_aside(tmp_path: Path) -> None:
    path = write(tmp_path)
    file = tmp_path / "patients.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], lines[1] + f",{SENTINEL}", *lines[2:4], "14,15"]) + "\n")
    said = failure(path)
    assert "row 2: expected 9 cells" in said
    assert "row 5: expected 9 cells" in said
    write_mapping(tmp_path, mapping(rows={"bad_rows": "set_aside"}))
    loaded = load_records(CONTRACT, path)
    assert (loaded.rows_read, loaded.rows_set_aside) == (4, 2)


def test_an_open_quotation_mark_is_named_by_its_row(tmp_path: Path) -> None:
    path = write(tmp_path)
    with (tmp_path / "patients.csv").open("a") as file:
        file.write(f'{SENTINEL},14,1,1,1,1,,"open,1\n')
    assert "broken from row 6" in failure(path)


def test_another_encoding_is_named_by_its_line_and_can_be_set(tmp_path: Path) -> None:
    path = write(tmp_path)
    file = tmp_path / "patients.csv"
    file.write_bytes(file.read_text().replace("tired", "cansado, año").encode("cp1252"))
    assert "not utf-8 text (line 5)" in failure(path)
    file.write_bytes(file.read_bytes().replace(b"cansado, a\xf1o", b"a\xf1o"))
    write_mapping(tmp_path, mapping(source={"encoding": "cp1252"}))
    assert load_records(CONTRACT, path).records.table["note"].iloc[3] == "año"


def test_the_mark_that_spreadsheets_put_first_is_ignored(tmp_path: Path) -> None:
    path = write(tmp_path, cells={name: ROWS[name] for name in ROWS if name != "Last Name"})
    file = tmp_path / "patients.csv"
    file.write_text(file.read_text(), encoding="utf-8-sig")
    assert load_records(CONTRACT, path).rows_read == 4


def test_decimal_commas(tmp_path: Path) -> None:
    content = mapping(source={"separator": ";", "decimal": ","})
    path = write(tmp_path, content, rows(years=["40,5", "50", "", "999"]))
    said = failure(path)
    assert "row 5, column 'rr': expected a number with a decimal comma" in said
    path = write(tmp_path, content, rows(years=["40,5", "50", "", "999"], rr=[""] * 4))
    assert load_records(CONTRACT, path).records.table["age"].iloc[0] == 40.5


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, mapping(source={"separator": ";"}))
    write_mapping(tmp_path, mapping())
    assert "only one column" in failure(path)
    (tmp_path / "patients.csv").write_text("")
    assert "is empty" in failure(path)
    (tmp_path / "patients.csv").unlink()
    assert "does not exist" in failure(path)
    (tmp_path / "patients.parquet").write_text(SENTINEL)
    source = {"kind": "parquet", "path": "patients.parquet"}
    assert "not a Parquet file" in failure(write_mapping(tmp_path, {**mapping(), "source": source}))


def test_a_column_twice_in_the_header_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    file = tmp_path / "patients.csv"
    file.write_text(file.read_text().replace("Last Name", "years"))
    assert "column 'years': expected one column of this name" in failure(path)


SQL_FAILURES = [
    ("sqlite:///absent.db", "select 1", DataError, "does not exist"),
    ("sqlite:///hospital.db", "select Garcia1957 from patients", DataError, "no such column"),
    ("sqlite:///hospital.db", "delete from patients", DataError, "refused the query"),
    ("sqlite:///hospital.db", "drop table patients", DataError, "refused the query"),
    ("sqlite:///hospital.db", "begin", DataError, "query"),
    (f"nonsense {SENTINEL}", "select 1", SettingsError, "not the address of a database"),
    (f"oracle+cx_oracle://u:{SENTINEL}@h/d", "select 1", SettingsError, "not installed"),
    (f"postgresql+psycopg://u:{SENTINEL}@127.0.0.1:1/d", "select 1", DataError, "be reached"),
]


@pytest.mark.parametrize(("url", "query", "kind", "expected"), SQL_FAILURES)
def test_databases_that_cannot_be_read(
    tmp_path: Path, url: str, query: str, kind: type[JuntosError], expected: str
) -> None:
    write_sqlite(tmp_path, pd.DataFrame(ROWS))
    source = {"kind": "sql", "url": url, "query": query}
    assert expected in failure(write_mapping(tmp_path, {**mapping(), "source": source}), kind)
    # Whatever the query was, the hospital's data are as before.
    source = {"kind": "sql", "url": "sqlite:///hospital.db", "query": "select * from patients"}
    assert load_records(
        CONTRACT, write_mapping(tmp_path, {**mapping(), "source": source})
    ).rows_read


def test_a_query_may_hold_colons_and_percent_signs(tmp_path: Path) -> None:
    write_sqlite(tmp_path, pd.DataFrame(ROWS))
    query = "select * from patients where letter like '%t%' or letter = ':x'"
    source = {"kind": "sql", "url": "sqlite:///hospital.db", "query": query}
    assert load_records(CONTRACT, write_mapping(tmp_path, {**mapping(), "source": source}))


def test_no_print_of_the_settings_shows_the_password(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://reader:{SENTINEL}@127.0.0.1/clinic"
    source = {"kind": "sql", "url": url, "query": "select 1"}
    path = write_mapping(tmp_path, {**mapping(), "source": source})
    settings = load_mapping(path)
    assert SENTINEL not in repr(settings)
    assert open_source(settings, tmp_path).name == "postgresql://127.0.0.1/clinic"


@pytest.mark.parametrize("writer", [write_parquet, write_sqlite])
def test_sources_with_columns_but_no_rows(
    tmp_path: Path, writer: Callable[[Path, pd.DataFrame], Path]
) -> None:
    assert "holds no rows" in failure(writer(tmp_path, pd.DataFrame(ROWS).iloc[:0]))


SAYS_WHO = ["Dra. Ana Ruiz, 12/3/21", "", "tel 612345678", "síndrome de Down"]


@pytest.mark.parametrize("writer", [write, write_parquet, write_sqlite])
def test_notes_are_scrubbed_as_they_are_read(tmp_path: Path, writer: Callable[..., Path]) -> None:
    cells = rows(letter=SAYS_WHO)
    path = writer(tmp_path, **{"cells" if writer is write else "table": pd.DataFrame(cells)})
    notes = load_records(CONTRACT, path).records.table["note"].tolist()
    assert notes == ["Dra. [NAME], [DATE]", None, "tel [PHONE]", "síndrome de Down"]


def test_a_placeholder_does_not_make_a_note_too_long(tmp_path: Path) -> None:
    cells = rows(letter=["a " * 13 + "Dr X", "b " * 12 + "Dr Wu", "", ""])
    notes = load_records(CONTRACT, write(tmp_path, cells=cells)).records.table["note"]
    assert notes.str.len().max() <= 30
    assert "Wu" not in notes[1]


def test_notes_stay_as_they_are_only_where_the_mapping_says_so(tmp_path: Path) -> None:
    content = mapping()
    content["column"][-1]["scrub"] = False
    path = write(tmp_path, content, rows(letter=SAYS_WHO))
    assert load_records(CONTRACT, path).records.table["note"].iloc[0] == SAYS_WHO[0]
