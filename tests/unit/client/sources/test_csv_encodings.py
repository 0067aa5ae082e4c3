"""Text files in the encodings that hospital systems write, and what is said of a wrong one."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import pytest

from client.sources import check_records, load_records
from shared.errors import DataError
from tests.unit.client.small_hospital import CONTRACT, SENTINEL, mapping, rows, write

NOTES = ["año de síntomas", "niña de León", "", "cefalea crónica"]
MARKED = {"utf-8-sig", "utf-16"}
ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"]


def written(folder: Path, encoding: str, said: str, repeat: int = 1) -> Path:
    """Write the hospital's file in one encoding, and its mapping that says another."""
    cells = {name: cells * repeat for name, cells in rows(letter=NOTES).items()}
    cells["id"] = [str(number) for number in range(4 * repeat)]
    path = write(folder, mapping(source={"encoding": said}), cells)
    file = folder / "patients.csv"
    file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))
    return path


def notes(path: Path) -> list[str]:
    return load_records(CONTRACT, path).records.table["note"].tolist()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_five_encodings_give_the_same_records(tmp_path: Path, encoding: str) -> None:
    assert notes(written(tmp_path, encoding, encoding))[:2] == NOTES[:2]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_can_be_found_and_is_then_said(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, encoding, "auto", repeat=20)
    assert notes(path)[:2] == NOTES[:2]
    (remark,) = check_records(CONTRACT, path).remarks
    found = "cp1252" if encoding == "latin-1" else encoding
    assert f"read as {found}" in remark


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("said", ENCODINGS)
def test_a_wrong_encoding_never_gives_wrong_text(tmp_path: Path, encoding: str, said: str) -> None:
    path = written(tmp_path, encoding, said)
    with suppress(DataError):
        assert [each or "" for each in notes(path)] == NOTES


def test_the_first_bad_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is not utf-8 text \(line 2\)"):
        notes(written(tmp_path, "cp1252", "utf-8"))
    with pytest.raises(DataError, match=r"is UTF-8 text and not cp1252 \(line 2\)"):
        notes(written(tmp_path, "utf-8", "cp1252"))


def test_a_packed_file_is_read_as_the_unpacked_one(tmp_path: Path) -> None:
    path = written(tmp_path, "cp1252", "auto", repeat=20)
    plain = load_records(CONTRACT, path).records.content_hash()
    content = (tmp_path / "patients.csv").read_bytes()
    packed = tmp_path / "patients.csv.gz"
    packed.write_bytes(gzip.compress(content))
    path.write_text(path.read_text().replace("patients.csv", "patients.csv.gz"))
    assert load_records(CONTRACT, path).records.content_hash() == plain
    whole = packed.read_bytes()
    for broken in [whole[:-20], whole[:40], content]:
        packed.write_bytes(broken)
        with pytest.raises(DataError, match="not a complete gzip file"):
            load_records(CONTRACT, path)


def test_text_with_nul_characters_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "utf-8", "utf-8")
    with (tmp_path / "patients.csv").open("ab") as file:
        file.write(f"{SENTINEL}\0\n".encode())
    with pytest.raises(DataError, match="line 6, holds NUL") as caught:
        load_records(CONTRACT, path)
    assert SENTINEL not in str(caught.value)
