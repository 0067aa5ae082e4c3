"""A model from the run that trained it to the hospitals, over a real SuperLink."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.end_to_end.conftest import HOSPITALS, Federation, run_anyway

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]


def deploy(federation: Federation, *arguments: str) -> tuple[int, dict[str, Any], str]:
    home = ("--home", str(federation.coordinator), "--json")
    done = run_anyway("coordinator", "deploy", *arguments, *home)
    lines = done.stdout.splitlines()
    return done.returncode, json.loads(lines[-1]) if lines else {}, done.stderr


def models(federation: Federation, name: str) -> dict[str, dict[str, Any]]:
    node = ("--home", str(federation.node(name)), "--json")
    listed: list[dict[str, Any]] = json.loads(run_anyway("node", "models", "list", *node).stdout)
    return {each["version"]: each for each in listed}


# Each of Flower's own messages takes seconds.
@pytest.mark.parametrize(("transport", "part"), [("session", 0.2), ("flower", 2)])
def test_hospitals_use_what_is_deployed(
    federation: Federation, transport: str, part: float
) -> None:
    training = federation.start_training(
        *("--set", 'models=["random_forest", "boosted_trees"]', "--set", "compare_alone=false")
    )
    output, progress = training.communicate(timeout=600)
    assert training.returncode == 0, progress
    trained = json.loads(output.splitlines()[-1])
    run, version = trained["run"], trained["registered"]["boosted_trees"]["version"]

    way = ("--set", f"transport={transport}", "--set", f"deployment.part_megabytes={part}")
    code, result, said = deploy(federation, f"{run}/random_forest", *way)
    assert code == 0, said
    assert {each["name"] for each in result["hospitals"]} == set(HOSPITALS)
    for name in HOSPITALS:
        assert models(federation, name)[f"{run}/random_forest"]["role"] == "active"

    node = ("--home", str(federation.node("south")))
    assert run_anyway("node", "models", "pin", *node).returncode == 0
    code, result, said = deploy(federation, f"{run}/boosted_trees", *way)
    assert code == 8, said
    assert result["left_out"] == {"south": f"This hospital is pinned to {run}/random_forest."}
    assert models(federation, "south")[f"{run}/random_forest"]["role"] == "active"
    assert models(federation, "north")[f"{run}/boosted_trees"]["role"] == "active"
    assert run_anyway("node", "models", "unpin", *node).returncode == 0

    registered = f"heart_disease.boosted_trees:{version}"
    code, result, said = deploy(federation, registered, "--hospitals", "south", "--shadow", *way)
    assert code == 0, said
    assert models(federation, "south")[f"{run}/boosted_trees"]["role"] == "shadow"
    shown = run_anyway("coordinator", "runs", result["run"], "--home", str(federation.coordinator))
    assert "challenger" in shown.stdout
