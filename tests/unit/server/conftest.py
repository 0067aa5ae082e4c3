"""A coordinator's folder, without any process."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.home import CoordinatorHome, create_home


@pytest.fixture
def home(tmp_path: Path) -> CoordinatorHome:
    return create_home(tmp_path / "coordinator", "Test", "127.0.0.1:9092", "heart_disease")
