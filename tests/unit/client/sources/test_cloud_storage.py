"""Files on a real S3 server: the same records as from the disk, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from client.sources import load_records
from client.sources.mapping import load_mapping
from shared.errors import DataError, JuntosError, SettingsError
from tests.s3 import CREDENTIALS, Storage
from tests.unit.client.small_hospital import (
    CONTRACT,
    ROWS,
    mapping,
    typed_rows,
    write,
    write_mapping,
)


def mapped(folder: Path, server: Storage, path: str, **source: object) -> Path:
    content = {"kind": "csv", "path": path, "storage": {"endpoint_url": server.endpoint}, **source}
    return write_mapping(folder, {**mapping(), "source": content})


def failure(path: Path, kind: type[JuntosError] = DataError) -> str:
    with pytest.raises(kind) as caught:
        load_records(CONTRACT, path)
    said = str(caught.value)
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in said
    assert caught.value.fix
    return said


def as_csv(folder: Path) -> bytes:
    write(folder)
    return (folder / "patients.csv").read_bytes()


def as_excel(folder: Path) -> bytes:
    pd.DataFrame(ROWS).to_excel(folder / "patients.xlsx", index=False)
    return (folder / "patients.xlsx").read_bytes()


def as_parquet(folder: Path) -> bytes:
    typed_rows().to_parquet(folder / "patients.parquet", index=False)
    return (folder / "patients.parquet").read_bytes()


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("csv", "a/patients.csv", as_csv),
        ("excel", "a/patients.xlsx", as_excel),
        ("parquet", "a/patients.parquet", as_parquet),
    ],
)
def test_an_object_gives_what_the_file_gives(
    tmp_path: Path, bucket: Storage, kind: str, name: str, content: Callable[[Path], bytes]
) -> None:
    expected = load_records(CONTRACT, write(tmp_path)).records.content_hash()
    address = bucket.put(name, content(tmp_path))
    loaded = load_records(CONTRACT, mapped(tmp_path, bucket, address, kind=kind))
    assert loaded.records.content_hash() == expected
    assert loaded.source == Path(name).name


def test_a_folder_of_objects(tmp_path: Path, bucket: Storage) -> None:
    expected = load_records(CONTRACT, write(tmp_path)).records.content_hash()
    for part, rows in enumerate([slice(0, 3), slice(3, None)]):
        typed_rows().iloc[rows].to_parquet(tmp_path / "part.parquet", index=False)
        bucket.put(f"folder/part-{part}.parquet", (tmp_path / "part.parquet").read_bytes())
    address = f"s3://{bucket.bucket}/folder"
    loaded = load_records(CONTRACT, mapped(tmp_path, bucket, address, kind="parquet"))
    assert loaded.records.content_hash() == expected


def test_what_is_not_there_is_named(tmp_path: Path, bucket: Storage) -> None:
    bucket.put("present.csv", b"")
    said = failure(mapped(tmp_path, bucket, f"s3://{bucket.bucket}/absent.csv"))
    assert "absent.csv does not exist. Correct source.path" in said
    said = failure(mapped(tmp_path, bucket, "s3://no-such-bucket/patients.csv"))
    assert "there is no bucket 'no-such-bucket'" in said
    assert "is empty" in failure(mapped(tmp_path, bucket, f"s3://{bucket.bucket}/present.csv"))


def test_half_an_object_is_refused(tmp_path: Path, bucket: Storage) -> None:
    address = bucket.put("half.parquet", as_parquet(tmp_path)[:-100])
    assert "damaged" in failure(mapped(tmp_path, bucket, address, kind="parquet"))


@pytest.mark.usefixtures("bucket")
def test_a_storage_that_does_not_answer(tmp_path: Path, closed_port: int) -> None:
    nobody = Storage(f"http://127.0.0.1:{closed_port}", "hospital")
    said = failure(mapped(tmp_path, nobody, "s3://hospital/patients.csv"))
    assert "cannot be reached" in said
    assert "endpoint_url" in said


def test_without_credentials(tmp_path: Path, s3: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "absent"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "absent"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    said = failure(mapped(tmp_path, s3, "s3://hospital/patients.csv"), SettingsError)
    assert "no valid credentials" in said
    storage = {"endpoint_url": s3.endpoint, "profile": "nobody"}
    path = mapped(tmp_path, s3, "s3://hospital/patients.csv", storage=storage)
    assert "no valid credentials" in failure(path, SettingsError)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"path": "s3://key:secret@bucket/x.csv"}, "no password"),
        ({"path": "https://host/x.csv?sig=secret"}, "no password"),
        ({"path": "ftp://host/x.csv"}, "starts with one of s3"),
        ({"path": "s3://bucket/x.csv", "storage": {"secret": "secret"}}, "storage.secret"),
        ({"path": "s3://b/x", "storage": {"endpoint_url": "http://a:secret@h"}}, "endpoint_url"),
    ],
)
def test_a_mapping_holds_no_credentials(
    tmp_path: Path, source: dict[str, Any], expected: str
) -> None:
    path = write_mapping(tmp_path, {**mapping(), "source": {"kind": "csv", **source}})
    with pytest.raises(SettingsError, match=expected) as caught:
        load_mapping(path)
    assert ":secret" not in str(caught.value)
    assert "=secret" not in str(caught.value)


@pytest.mark.parametrize("protocol", ["gs", "abfs"])
def test_a_storage_whose_library_is_absent(tmp_path: Path, protocol: str) -> None:
    pytest.importorskip("s3fs")
    path = write_mapping(
        tmp_path, {**mapping(), "source": {"kind": "csv", "path": f"{protocol}://bucket/x.csv"}}
    )
    assert "is not installed" in failure(path, SettingsError)
