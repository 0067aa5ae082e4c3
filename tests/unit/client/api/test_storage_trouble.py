"""A disk that is full, a database that is gone or held: 503 with the reason, and nothing given."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from client.audit import AuditQuery
from client.serving.services import open_services
from tests.postgresql import new_database, program, running_postgresql
from tests.unit.client.api.conftest import Api, api_of
from tests.unit.client.api.test_predictions import problem


@contextmanager
def opened(home: Path) -> Iterator[Api]:
    services = open_services(home)
    try:
        with api_of(services) as api:
            yield api
    finally:
        services.close()


def refusals(api: Api) -> list[str]:
    """Return why the node is not ready and why it does not answer, and see that it says so."""
    found = [api.call("GET", "/readyz", None), api.predict()]
    assert [each.status_code for each in found] == [503, 503]
    return [problem(each)["detail"] for each in found]


def test_a_database_that_is_gone_is_not_written_to(api: Api) -> None:
    file = api.services.home.path / "ledger.db"
    first = api.predict().json()["prediction_id"]
    away = file.with_name("away.db")
    file.rename(away)
    for said in refusals(api):
        assert "the database's file is gone" in said
    # An empty one would be found in its place.
    assert not file.exists()
    away.rename(file)
    second = api.predict().json()["prediction_id"]
    assert {each.id for each in api.services.audit.find(AuditQuery())} == {first, second}
    api.services.audit.verify()


def test_a_database_that_another_program_holds_is_waited_for_a_moment_only(home: Path) -> None:
    with (home / "serving.toml").open("a") as file:
        file.write("busy_seconds = 0.2\n")
    with opened(home) as api:
        assert api.predict().status_code == 200
        with sqlite3.connect(home / "ledger.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            for said in refusals(api):
                assert "another program holds the database" in said
            other.execute("ROLLBACK")
        other.close()
        assert api.predict().status_code == 200
        assert len(api.services.audit.find(AuditQuery())) == 2


def test_a_node_with_little_room_is_not_ready_and_answers_on(home: Path) -> None:
    with (home / "serving.toml").open("a") as file:
        file.write("least_free_megabytes = 1_000_000_000_000\n")
    with opened(home) as api:
        response = api.call("GET", "/readyz", None)
        assert response.status_code == 503
        assert "nearly full" in problem(response)["detail"]
        assert api.predict().status_code == 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this account may not mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_passes(home: Path, small_disk: Path) -> None:
    with (home / "node.toml").open("a") as file:
        file.write(f'ledger_url = "sqlite:///{small_disk / "ledger.db"}"\n')
    with (home / "serving.toml").open("a") as file:
        file.write("least_free_megabytes = 0\n")
    with opened(home) as api:
        given = [api.predict().json()["prediction_id"] for _ in range(3)]
        ballast = small_disk / "ballast"
        with pytest.raises(OSError, match="No space"):
            ballast.write_bytes(bytes(5_000_000))
        refused = None
        # What the log still has room for is given and written down.
        for _ in range(300):
            response = api.predict()
            if response.status_code != 200:
                refused = problem(response)
                break
            given.append(response.json()["prediction_id"])
        assert refused is not None
        assert refused["type"] == "urn:juntos:problem:audit-unavailable"
        assert "the disk is full" in refused["detail"]
        ballast.unlink()
        given.append(api.predict().json()["prediction_id"])
        assert {each.id for each in api.services.audit.every(AuditQuery())} == set(given)
        api.services.audit.verify()


def test_a_stopped_postgresql_is_said(home: Path) -> None:
    if program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    with ExitStack() as stack:
        with running_postgresql() as server:
            with (home / "node.toml").open("a") as file:
                file.write(f'ledger_url = "{new_database(server)}"\n')
            services = open_services(home)
            stack.callback(services.close)
            api = stack.enter_context(api_of(services))
            assert api.predict().status_code == 200
        for said in refusals(api):
            assert "does not answer" in said
