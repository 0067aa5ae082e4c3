"""What the documentation says to paste works, and its settings are ones."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from server.home import CoordinatorHome, create_home, open_home
from server.settings import CoordinatorSettings
from tests.dashboard_server import dashboard

DOCS = Path(__file__).parents[4] / "docs"
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [content for found, content in BLOCK.findall(text) if found == language]


@pytest.fixture
def home(tmp_path: Path) -> CoordinatorHome:
    return create_home(tmp_path / "federation", "Test", "127.0.0.1:9092", "heart_disease")


def test_the_first_example_works_when_pasted(home: CoordinatorHome) -> None:
    with dashboard(open_home(home.path)) as address:
        example = blocks("coordinator-api.md", "sh")[0]
        pasted = example.replace("/srv/federation", str(home.path))
        pasted = pasted.replace("http://127.0.0.1:8470", address)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["bash", "-euc", pasted],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
    assert json.loads(ran.stdout.splitlines()[-1])["name"] == "Test"


@pytest.mark.parametrize("page", ["coordinator-api.md", "accounts.md"])
def test_settings_are_ones(page: str) -> None:
    for text in blocks(page, "toml"):
        content = {"name": "Test", "address": "127.0.0.1:9092", **tomllib.loads(text)}
        settings = CoordinatorSettings.model_validate(content)
        if "oidc" not in content.get("accounts", {}):
            # What is said to be the default is.
            assert settings == CoordinatorSettings(name="Test", address="127.0.0.1:9092")
