"""The hash that hospitals go by is that of the app that the coordinator sends."""

from __future__ import annotations

import os
from pathlib import Path

from flwr.cli.build import build_fab_from_disk

from server.flower_run import copy_app
from server.home import create_home
from shared.app_hash import RELEASE_APP_HASH
from tests.conftest import REPOSITORY
from tests.foreign_app import app_content


def test_it_is_the_hash_of_the_packaged_app(tmp_path: Path) -> None:
    home = create_home(tmp_path / "coordinator", "Test", "127.0.0.1:9092", "heart_disease")
    folder = copy_app(home)
    for file in folder.iterdir():
        os.utime(file, (1, 1))
        file.chmod(0o600)
    assert app_content(folder)[1] == RELEASE_APP_HASH
    assert build_fab_from_disk(folder) == build_fab_from_disk(REPOSITORY / "server" / "flower_app")


def test_the_packaged_app_holds_no_code() -> None:
    files = {file.name for file in (REPOSITORY / "server" / "flower_app").rglob("*")}
    assert files - {"__pycache__"} == {"LICENSE", "README.md", "pyproject.toml"}
