"""`juntos node models`, as an administrator types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.cli import app
from client.home import open_home
from client.serving.services import open_store
from client.serving.settings import read_settings
from shared.errors import BundleError, SettingsError
from tests.unit.client.serving.bundles import CONTRACT, cases_of, records_of
from tests.unit.client.serving.conftest import SIGNING_KEY
from tests.unit.client.serving.node import make_node


@pytest.fixture
def node(tmp_path: Path) -> Path:
    return make_node(tmp_path / "node", CONTRACT, SIGNING_KEY.public_key())


def run(node: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["models", *arguments, "--home", str(node)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_from_the_first_model_to_going_back(node: Path, folders: dict[str, Path]) -> None:
    assert "No model yet" in run(node, "list")
    first = run(node, "install", str(folders["neural_network"]))
    assert first.startswith("run-0001/neural_network (")
    assert first.rstrip().endswith("is active.")
    run(node, "install", str(folders["boosted_trees"]))
    run(node, "shadow", str(folders["random_forest"]))
    listed = {each["version"]: each for each in json.loads(run(node, "list", "--json"))}
    roles = {version.partition("/")[2]: each["role"] for version, each in listed.items()}
    assert roles == {
        "random_forest": "shadow",
        "boosted_trees": "active",
        "neural_network": "kept",
    }
    assert "answers again, and is pinned" in run(node, "rollback")
    with pytest.raises(BundleError, match="pinned to run-0001/neural_network"):
        run(node, "install", str(folders["boosted_trees"]))
    assert "active, pinned" in run(node, "list")
    run(node, "shadow", "--end")
    run(node, "unpin")
    run(node, "install", str(folders["boosted_trees"]))
    run(node, "pin")
    tried = run(node, "test")
    assert tried.startswith("run-0001/boosted_trees: 16 golden cases as promised")
    told = [each["what"] for each in json.loads(run(node, "history", "--json"))]
    assert told == [
        "installed",
        "installed",
        "shadow",
        "rolled_back",
        "refused",
        "shadow_ended",
        "unpinned",
        "installed",
        "pinned",
    ]
    assert "went back, and pinned" in run(node, "history")
    home = open_home(node)
    store = open_store(home, read_settings(home.path))
    case = cases_of(CONTRACT, records_of(CONTRACT, rows=1))[0]
    assert store.active.answer(case).model.version == "run-0001/boosted_trees"


def test_what_cannot_be_done_is_said(node: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no folder of a bundle"):
        run(node, "install", str(tmp_path / "absent"))
    with pytest.raises(BundleError, match="0 models fit"):
        run(node, "test")
    with pytest.raises(BundleError, match="no earlier model"):
        run(node, "rollback")
    assert "give a bundle's folder, or --end" in run(node, "shadow").replace("\n", " ")
    (node / "coordinator.pub").unlink()
    with pytest.raises(SettingsError, match="Ask the coordinator for a new kit"):
        run(node, "list")
    (node / "serving.toml").write_text("coverage = 2\n")
    with pytest.raises(SettingsError, match="coverage"):
        run(node, "list")
