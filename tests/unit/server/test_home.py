from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect

from server import home as home_module
from server.database import metadata, open_database
from server.home import CoordinatorHome, create_home, open_home
from server.listening import door_address
from shared.errors import SettingsError


def names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def test_a_new_home_is_complete(home: CoordinatorHome) -> None:
    again = open_home(home.path)
    assert again.settings.name == "Test"
    assert again.contract().name == "heart_disease"
    assert again.database_url == f"sqlite:///{home.path / 'coordinator.db'}"
    assert again.mlflow_url == f"sqlite:///{home.path / 'mlflow.db'}"
    again.authority()
    for folder in (again.flower, again.logs, again.runs, again.artifacts, again.kits):
        assert folder.is_dir()


def test_keys_are_readable_by_their_owner_alone(home: CoordinatorHome) -> None:
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    for key in (home.path / "pki").glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_signing_key_stays_the_same(home: CoordinatorHome) -> None:
    assert (home.path / "pki" / "signing.key").is_file()
    first = home.signing_key().public_key()
    assert open_home(home.path).signing_key().public_key() == first


def test_a_folder_of_before_gets_one_signing_key(home: CoordinatorHome) -> None:
    path = home.path / "pki" / "signing.key"
    path.unlink()
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: home.signing_key().public_key(), range(8)))
    assert all(key == keys[0] for key in keys)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(path.parent.glob(".*"))


@pytest.mark.parametrize("content", ["", "nonsense", "another kind"])
def test_a_damaged_signing_key_is_named(home: CoordinatorHome, content: str) -> None:
    path = home.path / "pki" / "signing.key"
    other = (home.path / "pki" / "ca.key").read_text()
    path.write_text(other if content == "another kind" else content)
    with pytest.raises(SettingsError, match="holds no Ed25519 key"):
        home.signing_key()


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(SettingsError, match="not empty"):
        create_home(tmp_path, "Test", "127.0.0.1:1", "heart_disease")
    assert names(tmp_path) == ["mine"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    create_home(tmp_path / "empty", "Test", "127.0.0.1:1", "heart_disease")
    assert names(tmp_path) == ["empty"]


@pytest.mark.parametrize("address", ["example.org", "https://example.org:1", "::1:90", "a:0", ":1"])
def test_a_bad_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="address"):
        create_home(tmp_path / "c", "Test", address, "heart_disease")
    assert not names(tmp_path)


def test_an_unknown_contract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no contract"):
        create_home(tmp_path / "c", "Test", "127.0.0.1:1", "unheard_of")
    assert not names(tmp_path)


def test_nothing_is_left_when_creation_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(home_module, "create_server_identity", fail)
    with pytest.raises(KeyboardInterrupt):
        create_home(tmp_path / "c", "Test", "127.0.0.1:1", "heart_disease")
    assert not names(tmp_path)


def test_what_is_no_home_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not a coordinator's folder"):
        open_home(tmp_path)


@pytest.mark.parametrize(
    ("address", "listening"),
    [
        ("127.0.0.1:9092", ("127.0.0.1", 9092)),
        ("localhost:9092", ("127.0.0.1", 9092)),
        ("[::1]:9092", ("::1", 9092)),
        ("federation.example.org:9092", ("0.0.0.0", 9092)),
    ],
)
def test_a_loopback_address_is_not_served_to_others(
    tmp_path: Path, address: str, listening: tuple[str, int]
) -> None:
    home = create_home(tmp_path / "c", "Test", address, "heart_disease")
    assert door_address(home) == listening


def test_sqlite_lets_several_programs_write(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 15000
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle9://x", "sqlite:////no/such/folder/a.db", "mysql://u:secret@x/y"]
)
def test_a_bad_database_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)
