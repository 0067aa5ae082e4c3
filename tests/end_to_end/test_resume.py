"""A coordinator that is killed in the middle of a run, and goes on."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.numpy import load_file

from tests.end_to_end.conftest import HOSPITALS, Federation, command, run_anyway

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

# Rounds of some tenths of a second, so that there is a middle to be killed in.
SLOW = (
    *("--set", 'models=["neural_network"]', "--set", "compare_alone=false"),
    *("--set", "neural_network.rounds=12", "--set", "neural_network.local_epochs=1500"),
)


def trained(federation: Federation) -> dict[str, Any]:
    """Run to the end, undisturbed."""
    output, progress = federation.start_training(*SLOW).communicate(timeout=300)
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert result["status"] == "completed", progress
    return result


def started(federation: Federation) -> str:
    """Start a run and wait until it is in the middle; return its id."""
    before, _ = federation.newest_rounds()
    process = federation.start_training(*SLOW)
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        run, rounds = federation.newest_rounds()
        if run != before and len(rounds) >= 4:
            # The command only looks on; it goes, the run stays.
            process.kill()
            process.wait()
            return run
        time.sleep(0.1)
    pytest.fail("the run did not get that far")


def processes(federation: Federation, name: str) -> list[psutil.Process]:
    coordinator = psutil.Process(federation.services.processes["coordinator"].pid)
    found = coordinator.children(recursive=True)
    return [each for each in found if any(name in word for word in each.cmdline())]


def resumed(federation: Federation, run: str) -> dict[str, Any]:
    """Resume as soon as Flower has noticed that the run's process is gone."""
    deadline = time.monotonic() + 200
    while True:
        done = subprocess.run(
            command("coordinator", "resume", run, "--home", str(federation.coordinator), "--json"),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if "still running" not in done.stderr or time.monotonic() > deadline:
            break
        time.sleep(3)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def assert_same_model(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found["models"] == expected["models"]
    first, second = (
        load_file(next(Path(each["bundles"]["neural_network"]).glob("*.safetensors")))
        for each in (found, expected)
    )
    assert set(first) == set(second)
    assert all((first[name] == second[name]).all() for name in first)


@pytest.fixture(scope="module")
def undisturbed(federation: Federation) -> dict[str, Any]:
    return trained(federation)


def test_a_killed_server_app(federation: Federation, undisturbed: dict[str, Any]) -> None:
    run = started(federation)
    (server_app,) = processes(federation, "flwr-serverapp")
    server_app.kill()
    result = resumed(federation, run)
    assert result["run"] == run
    assert result["status"] == "completed"
    assert_same_model(result, undisturbed)
    rounds = federation.runs()[-1]["rounds"]
    assert [each["number"] for each in rounds if each["model"]][-1] == 12


def test_a_killed_superlink(federation: Federation, undisturbed: dict[str, Any]) -> None:
    run = started(federation)
    (superlink,) = processes(federation, "flower-superlink")
    superlink.kill()
    services = federation.services
    assert services.processes["coordinator"].wait(60) != 0
    services.start("coordinator", "coordinator", "serve", "--home", str(federation.coordinator))
    services.wait_until_said("coordinator", "is ready")
    result = resumed(federation, run)
    assert result["status"] == "completed"
    assert {each["name"] for each in result["hospitals"]} == set(HOSPITALS)
    assert_same_model(result, undisturbed)


def test_what_has_its_result_is_not_resumed(
    federation: Federation, undisturbed: dict[str, Any]
) -> None:
    run = str(undisturbed["run"])
    done = run_anyway("coordinator", "resume", run, "--home", str(federation.coordinator))
    assert done.returncode == 2
    assert "nothing left to do" in done.stderr
