"""A source that comes in many batches gives what it gives in one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.sources import check_records, load_records
from client.sources.found_problems import KEPT_OF_A_KIND, FoundProblems
from client.sources.mapping import load_mapping
from client.sources.reading import open_source
from client.sources.seen_patients import SeenPatients
from shared.errors import DataError, Problem
from tests.unit.client.small_hospital import (
    CONTRACT,
    column_of,
    mapping,
    rows,
    write,
    write_parquet,
    write_sqlite,
)

WRITERS = [write, write_parquet, write_sqlite]
BATCH_ROWS = 7


def many(patients: int = 40, **changes: list[str]) -> dict[str, list[str]]:
    """Return rows of many patients, each of whom comes twice."""
    cells = {name: cells * (patients // 2) for name, cells in rows(**changes).items()}
    cells["id"] = [str(100 - row % patients) for row in range(2 * patients)]
    return cells


def written(
    folder: Path, writer: Callable[..., Path], content: dict[str, Any], cells: dict[str, list[str]]
) -> Path:
    data = {"cells": cells} if writer is write else {"table": pd.DataFrame(cells)}
    return writer(folder, content=content, **data)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("csv", "parquet", "sql"):
        monkeypatch.setattr(f"client.sources.{name}_source.CHUNK_ROWS", BATCH_ROWS)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("patient_rows", ["one", "several"])
def test_batches_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Callable[..., Path], patient_rows: str
) -> None:
    asked = mapping(rows={"patient_rows": patient_rows, "bad_rows": "set_aside"})
    path = written(tmp_path, writer, asked, many())
    whole = load_records(CONTRACT, path)
    for name in ("csv", "parquet", "sql"):
        monkeypatch.setattr(f"client.sources.{name}_source.CHUNK_ROWS", BATCH_ROWS)
    parts = load_records(CONTRACT, path)
    assert parts.records.content_hash() == whole.records.content_hash()
    assert parts.problems == whole.problems
    assert parts.rows.tolist() == whole.rows.tolist()
    assert (parts.rows_read, parts.rows_set_aside) == (80, 0 if patient_rows == "several" else 40)
    checked = check_records(CONTRACT, path)
    assert (checked.good_rows, checked.problems) == (len(whole.records), whole.problems)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.usefixtures("small_batches")
def test_batches_are_small_and_their_rows_go_on(
    tmp_path: Path, writer: Callable[..., Path]
) -> None:
    path = written(tmp_path, writer, mapping(), many())
    loaded = load_mapping(path)
    batches = list(open_source(loaded, tmp_path).batches(loaded.local_columns))
    assert max(len(batch.cells) for batch in batches) <= BATCH_ROWS
    assert np.concatenate([batch.rows for batch in batches]).tolist() == list(range(2, 82))
    assert all(set(batch.cells) == set(loaded.local_columns) for batch in batches)


@pytest.mark.usefixtures("small_batches")
def test_a_wrong_unit_shows_only_over_all_batches(tmp_path: Path) -> None:
    content = mapping(rows={"bad_rows": "set_aside", "patient_rows": "several"})
    column_of(content, "pressure")["unit"] = "mm[Hg]"
    # A batch in which all are outside is no reason while most of the column is inside.
    path = write(tmp_path, content, many(rr=["120"] * 4))
    file = tmp_path / "patients.csv"
    lines = file.read_text().splitlines()
    outside = [line.replace(",120,", ",16,") for line in lines[1:15]]
    file.write_text("\n".join([lines[0], *outside, *lines[15:]]) + "\n")
    assert load_records(CONTRACT, path).rows_set_aside == 14
    file.write_text("\n".join(lines).replace(",120,", ",16,") + "\n")
    with pytest.raises(DataError, match="of which 1 concern whole columns"):
        load_records(CONTRACT, path)


def test_all_problems_are_counted_and_the_first_of_each_kind_kept() -> None:
    found = FoundProblems()
    column = Problem("f", None, "b", "x", "")
    for start in range(0, 3_000, 500):
        found.add([Problem("f", start + row, "a", "y", "") for row in range(500)])
        found.add([column, Problem("f", start, "c", "z", "")])
    kept = found.kept()
    assert (found.count, found.column_count) == (3_007, 1)
    assert kept[0] == column
    assert [each.row for each in kept if each.column == "a"] == list(range(KEPT_OF_A_KIND))
    assert len([each for each in kept if each.column == "c"]) == 6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=20))
def test_patients_are_seen_again_as_a_set_sees_them(batches: list[list[int]]) -> None:
    seen, known = SeenPatients(), set[int]()
    for batch in batches:
        expected = [each in known or each in batch[:row] for row, each in enumerate(batch)]
        assert seen.repeated(np.array(batch, dtype=np.uint64)).tolist() == expected
        known.update(batch)
    assert len(seen) == len(known)
