"""A coordinator's folder on SQLite or PostgreSQL, and someone who carries out runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.home import CoordinatorHome, create_home, open_home
from tests.postgresql import new_database, program, running_postgresql


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: keys take their time."""
    path = tmp_path_factory.mktemp("template") / "coordinator"
    create_home(path, "Test", "127.0.0.1:9092", "heart_disease").engine().dispose()
    return path


@pytest.fixture
def home(template: Path, tmp_path: Path) -> CoordinatorHome:
    return open_home(Path(shutil.copytree(template, tmp_path / "coordinator")))


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    if program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def either_home(request: pytest.FixtureRequest, home: CoordinatorHome) -> CoordinatorHome:
    """On each of the two databases."""
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgresql"))
        with (home.path / "coordinator.toml").open("a") as settings:
            settings.write(f'database_url = "{url}"\n')
    return open_home(home.path)
