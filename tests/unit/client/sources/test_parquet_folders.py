"""Folders of Parquet files, and files that were not written to their end."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from client.sources import load_records
from shared.errors import DataError
from tests.unit.client.small_hospital import (
    CONTRACT,
    mapping,
    typed_rows,
    write,
    write_mapping,
)


def folder_mapping(folder: Path) -> Path:
    source = {"kind": "parquet", "path": "export"}
    return write_mapping(folder, {**mapping(), "source": source})


def failure(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, path)
    return str(caught.value)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    return tmp_path / "export"


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path, export: Path) -> None:
    expected = load_records(CONTRACT, write(tmp_path)).records.content_hash()
    table = typed_rows()
    table.iloc[2:].to_parquet(export / "part-1.parquet", index=False)
    table.iloc[:2].to_parquet(export / "part-0.parquet", index=False)
    # What writers leave behind is no data.
    (export / "_SUCCESS").touch()
    (export / "_temporary").mkdir()
    (export / "_temporary" / "part-2.parquet").write_bytes(b"PAR1")
    (export / ".part-0.parquet.crc").touch()
    loaded = load_records(CONTRACT, folder_mapping(tmp_path))
    assert loaded.records.content_hash() == expected
    assert (loaded.source, loaded.rows.tolist()) == ("export", [2, 3, 4, 5])


def test_the_names_of_folders_are_columns(tmp_path: Path, export: Path) -> None:
    expected = load_records(CONTRACT, write(tmp_path)).records
    table = pd.read_csv(tmp_path / "patients.csv", dtype=str, keep_default_na=False)
    # The codes 0, 1, 2 and a name: in the order of the rows already.
    table.to_parquet(export, partition_cols=["diagnosis"])
    loaded = load_records(CONTRACT, folder_mapping(tmp_path)).records
    assert loaded.labels.tolist() == expected.labels.tolist()
    assert loaded.content_hash() == expected.content_hash()


def test_a_half_written_file_is_named_and_nothing_is_loaded(tmp_path: Path, export: Path) -> None:
    typed_rows().to_parquet(export / "part-0.parquet", index=False)
    whole = (export / "part-0.parquet").read_bytes()
    path = folder_mapping(tmp_path)
    for broken in [whole[: len(whole) // 2], whole[:-1], whole[:4], b"PAR1" + whole]:
        (export / "part-1.parquet").write_bytes(broken)
        assert "part-1.parquet is not a Parquet file, or is damaged" in failure(path)


def test_bytes_that_were_changed_are_never_read_as_values(tmp_path: Path, export: Path) -> None:
    typed_rows().to_parquet(export / "part-0.parquet", index=False, compression="zstd")
    content = bytearray((export / "part-0.parquet").read_bytes())
    content[40:400] = bytes(360)
    (export / "part-0.parquet").write_bytes(content)
    assert "damaged" in failure(folder_mapping(tmp_path))


def test_files_of_a_folder_have_the_same_columns(tmp_path: Path, export: Path) -> None:
    typed_rows().to_parquet(export / "part-0.parquet", index=False)
    typed_rows().drop(columns="rr").to_parquet(export / "part-1.parquet", index=False)
    said = failure(folder_mapping(tmp_path))
    assert "part-1.parquet does not have the same columns" in said
    assert "rr" in said


def test_a_folder_without_files(tmp_path: Path, export: Path) -> None:
    assert export.is_dir()
    assert "no file whose name ends in .parquet" in failure(folder_mapping(tmp_path))
