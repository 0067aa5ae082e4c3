"""Servers that the tests of sources share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgresql import program, running_postgresql
from tests.s3 import CREDENTIALS, Storage, running_s3


@pytest.fixture(scope="session")
def s3() -> Iterator[Storage]:
    with running_s3() as storage:
        yield storage


@pytest.fixture
def bucket(s3: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """The storage, with credentials in the node's environment."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return s3


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as url:
        yield url
