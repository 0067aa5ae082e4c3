"""A coordinator that sends code of somebody else to a hospital, over a real SuperLink."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from server.flower_command import CONNECTION, flower_command
from server.home import CoordinatorHome, open_home
from server.run_store import ENDED, RunStore, StoredRun
from shared.run_settings import RunSettings
from tests.end_to_end.conftest import HOSPITALS, Federation
from tests.foreign_app import app_content, write_foreign_app

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

SHORT = (
    *("--set", 'models=["random_forest"]', "--set", "compare_alone=false"),
    *("--set", "random_forest.trees=5"),
)


def carried_out(home: CoordinatorHome, app: Path) -> StoredRun:
    """Start a run as `juntos coordinator train` does, but of another app; return it ended."""
    store = RunStore(home.engine())
    settings = RunSettings(models=["random_forest"], join_timeout=30)
    run = store.create(settings, home.contract().hash)
    flower_command(home, "run", str(app), CONNECTION, "--run-config", f'run="{run}"')
    deadline = time.monotonic() + 180
    while store.read(run).status not in ENDED and time.monotonic() < deadline:
        time.sleep(0.5)
    return store.read(run)


def test_foreign_code_is_refused_everywhere_and_the_next_run_works(
    federation: Federation, tmp_path: Path
) -> None:
    home, marker = open_home(federation.coordinator), tmp_path / "marker"
    app = write_foreign_app(tmp_path / "foreign", marker)
    code = app_content(app)[1]

    refused = carried_out(home, app)
    assert refused.status == "failed"
    rounds = RunStore(home.engine()).rounds(refused.id)
    assert rounds
    assert rounds[0].answered == []
    assert set(rounds[0].left_out) == set(HOSPITALS)
    assert all(code in reason for reason in rounds[0].left_out.values())
    for name in HOSPITALS:
        assert code in (federation.node(name) / "logs" / "node.log").read_text()
        assert not list((federation.node(name) / "flower").rglob("*.py"))
    assert not marker.exists()

    output, progress = federation.start_training(*SHORT).communicate(timeout=300)
    result = json.loads(output.splitlines()[-1])
    assert result["status"] == "completed", progress
    assert {each["name"] for each in result["hospitals"]} == set(HOSPITALS)
    assert not marker.exists()
