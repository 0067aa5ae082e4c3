"""Audit stores on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.audit.store import AuditStore
from tests.postgresql import new_database, program, running_postgresql
from tests.unit.client.audit.predictions import open_store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    if program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def store(url: str) -> Iterator[AuditStore]:
    found = open_store(url)
    yield found
    found.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[AuditStore]:
    found = open_store(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield found
    found.close()
