"""A folder comes back as it was, or not at all."""

from __future__ import annotations

import io
import json
import resource
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shared.backup.encryption import recipient_of, write_new_key
from shared.backup.reading import restore_backup
from shared.backup.writing import MANIFEST, write_backup
from shared.errors import DataError, SettingsError

CONTENT = {
    "node.toml": b"a = 1\n",
    "keys/node": b"secret",
    "models/x/y.bin": bytes(range(256)) * 400,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    for name, content in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "keys" / "node").chmod(0o600)
    (folder / "logs").mkdir()
    (folder / "logs" / "node.log").write_text("nothing", encoding="utf-8")
    (folder / "service.lock").touch()
    return folder


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    return tmp_path / "key.txt", write_new_key(tmp_path / "key.txt")


def test_everything_comes_back_for_whoever_has_the_key(
    home: Path, tmp_path: Path, key: tuple[Path, str]
) -> None:
    out, back = tmp_path / "b.age", tmp_path / "back"
    made = write_backup(home, out, "node", recipient=key[1], left_out=["logs"])
    assert set(made.files) == set(CONTENT)
    assert b"secret" not in out.read_bytes()
    restore_backup(out, back, "node", key[0])
    found = {p.relative_to(back).as_posix(): p.read_bytes() for p in back.rglob("*") if p.is_file()}
    assert found == CONTENT
    assert stat.S_IMODE((back / "keys" / "node").stat().st_mode) == 0o600
    assert stat.S_IMODE(back.stat().st_mode) == 0o700
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.age", "back", "home", "key.txt"]


def test_another_key_or_none_opens_nothing(
    home: Path, tmp_path: Path, key: tuple[Path, str]
) -> None:
    write_backup(home, tmp_path / "b", "node", recipient=key[1])
    write_new_key(tmp_path / "other")
    with pytest.raises(SettingsError, match="is encrypted"):
        restore_backup(tmp_path / "b", tmp_path / "back", "node")
    with pytest.raises(DataError, match="for another key"):
        restore_backup(tmp_path / "b", tmp_path / "back", "node", tmp_path / "other")
    assert not (tmp_path / "back").exists()
    with pytest.raises(SettingsError, match="no public key"):
        recipient_of("age1nothing")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_new_key(tmp_path / "other")


def test_a_database_that_is_written_to_meanwhile_is_of_one_piece(
    home: Path, tmp_path: Path
) -> None:
    """Pairs of rows are written in transactions: a copy never has one without the other."""
    path, ended = home / "ledger.db", threading.Event()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (a INTEGER)")

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30)) as database:
            while not ended.is_set():
                with database:
                    database.executemany("INSERT INTO t VALUES (?)", [(1,)] * 2)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for number in range(4):
            write_backup(home, tmp_path / f"b{number}", "node")
            restore_backup(tmp_path / f"b{number}", tmp_path / f"back{number}", "node")
            with closing(sqlite3.connect(tmp_path / f"back{number}" / "ledger.db")) as copy:
                counts.append(copy.execute("SELECT count(*) FROM t").fetchone()[0])
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        ended.set()
        writer.join()
    assert all(count % 2 == 0 for count in counts)
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_a_folder_in_use_is_never_written_over(home: Path, tmp_path: Path) -> None:
    write_backup(home, tmp_path / "b", "node")
    with pytest.raises(SettingsError, match="is in use"):
        restore_backup(tmp_path / "b", home, "node")
    assert (home / "node.toml").read_bytes() == CONTENT["node.toml"]


def test_of_another_role_or_newer_software_is_refused(home: Path, tmp_path: Path) -> None:
    write_backup(home, tmp_path / "b", "node")
    with pytest.raises(SettingsError, match="backup of a node, not of a coordinator"):
        restore_backup(tmp_path / "b", tmp_path / "back", "coordinator")
    rewrite(tmp_path / "b", lambda manifest: manifest | {"software": "99.0"})
    with pytest.raises(SettingsError, match=r"Juntos 99\.0 made this backup"):
        restore_backup(tmp_path / "b", tmp_path / "back", "node")


@pytest.mark.parametrize("name", ["../outside", "/opt/outside", "keys/../../outside"])
def test_a_hostile_backup_writes_nothing_outside(home: Path, tmp_path: Path, name: str) -> None:
    write_backup(home, tmp_path / "b", "node")

    def hostile(manifest: dict[str, object]) -> dict[str, object]:
        files = manifest["files"]
        assert isinstance(files, dict)
        return manifest | {"files": {name: files["node.toml"], **files}}

    rewrite(tmp_path / "b", hostile)
    with pytest.raises(DataError, match="outside its folder"):
        restore_backup(tmp_path / "b", tmp_path / "back", "node")
    assert not (tmp_path / "back").exists()
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_cut_or_changed_backup_leaves_nothing_half(
    home: Path, tmp_path: Path, share: float, key: tuple[Path, str]
) -> None:
    for recipient in ("", key[1]):
        write_backup(home, tmp_path / "b", "node", recipient=recipient)
        whole = (tmp_path / "b").read_bytes()
        (tmp_path / "b").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises((DataError, SettingsError)):
            restore_backup(tmp_path / "b", tmp_path / "back", "node", key[0])
        assert not (tmp_path / "back").exists()


def test_a_changed_byte_is_found(home: Path, tmp_path: Path) -> None:
    write_backup(home, tmp_path / "b", "node")
    whole = (tmp_path / "b").read_bytes()
    (tmp_path / "b").write_bytes(whole.replace(b"secret", b"Secret"))
    with pytest.raises(DataError, match="keys/node was changed"):
        restore_backup(tmp_path / "b", tmp_path / "back", "node")


def test_a_full_disk_leaves_the_backup_before(home: Path, tmp_path: Path) -> None:
    write_backup(home, tmp_path / "b", "node")
    before = (tmp_path / "b").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(DataError, match="cannot be written"):
            write_backup(home, tmp_path / "b", "node")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "b").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b", "home"]


def rewrite(backup: Path, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Write a backup anew with another manifest."""
    with tarfile.open(backup) as old:
        members = [(each, old.extractfile(each)) for each in old.getmembers()]
        content = {each.name: file.read() for each, file in members if file is not None}
    content[MANIFEST] = json.dumps(change(json.loads(content[MANIFEST]))).encode()
    with tarfile.open(backup, "w") as new:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))


def test_copies_are_made_beside_the_original_and_none_is_left(home: Path, tmp_path: Path) -> None:
    """What is not encrypted never lies where backups are kept, nor stays after a kill."""
    stale = home / ".backup-999999999-x" / "files"
    stale.mkdir(parents=True)
    (stale / "node").write_bytes(b"secret")
    made = write_backup(home, tmp_path / "elsewhere" / "b", "node")
    assert not any("backup" in name for name in made.files)
    assert sorted(p.name for p in (tmp_path / "elsewhere").iterdir()) == ["b"]
    assert [p.name for p in home.iterdir() if p.name.startswith(".")] == []


def test_what_is_refused_before_it_is_in_place_leaves_nothing(home: Path, tmp_path: Path) -> None:
    write_backup(home, tmp_path / "b", "node")

    def refuse(folder: Path) -> None:
        assert (folder / "node.toml").is_file()
        raise SettingsError("no", "")

    with pytest.raises(SettingsError, match="no"):
        restore_backup(tmp_path / "b", tmp_path / "back", "node", prepare=refuse)
    assert not (tmp_path / "back").exists()
