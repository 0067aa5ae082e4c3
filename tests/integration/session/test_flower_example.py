"""Flower's own example app over the session: not a line of it changed."""

from __future__ import annotations

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path
from string import Template
from types import ModuleType

import numpy as np
import pytest
from flwr.app import Context, RecordDict

from client.session.app import SessionClientApp
from tests.integration.session.conftest import OpenSession

# The last release whose wheel carries the example apps; later ones fetch them from a hub.
FLOWER_WITH_EXAMPLES = "flwr==1.22.0"
TEMPLATES = "flwr/cli/new/templates/app/code"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write the NumPy example app as `flwr new` did; return its package's name."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--dest", str(tmp_path), FLOWER_WITH_EXAMPLES),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"the package index cannot be reached: {done.stderr[-200:]}")
    package = tmp_path / "flower_example"
    package.mkdir()
    names = {
        "project_name": "flower-example",
        "import_name": package.name,
        "framework_str": "NumPy",
    }
    with zipfile.ZipFile(next(tmp_path.glob("flwr-*.whl"))) as wheel:
        for part in ("client", "server", "task"):
            template = wheel.read(f"{TEMPLATES}/{part}.numpy.py.tpl").decode()
            target = "task.py" if part == "task" else f"{part}_app.py"
            (package / target).write_text(Template(template).substitute(names))
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return package.name


def part(package: str, name: str) -> ModuleType:
    return importlib.import_module(f"{package}.{name}")


def test_an_unmodified_example_app_runs_over_the_session(
    example: str, open_session: OpenSession, tmp_path: Path
) -> None:
    client_app = part(example, "client_app").app
    server_app = part(example, "server_app").app
    apps = {node: SessionClientApp(client_app) for node in (1, 2, 3)}
    grid, exchange = open_session(apps=apps)
    server_app(grid, Context(1, 0, {}, RecordDict(), {"num-server-rounds": 3}))
    model = np.load(tmp_path / "final_model.npz")["arr_0"]
    # Every round adds the mean of what the hospitals drew from [0, 1).
    assert 1 < float(model[0, 0]) < 4
    assert exchange.carried == ["query.session"] * 3
