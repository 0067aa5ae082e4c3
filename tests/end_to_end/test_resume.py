"""A run whose process, SuperLink or onlooker goes in the middle, and that goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.numpy import load_file

from shared.processes import wait_until
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


def started(federation: Federation) -> tuple[str, subprocess.Popen[str]]:
    """Start a run and wait until it is in the middle; return its id, and who looks on."""
    before, _ = federation.newest_rounds()
    process = federation.start_training(*SLOW)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        run, rounds = federation.newest_rounds()
        if run != before and len(rounds) >= 4:
            return run, process
        time.sleep(0.1)
    pytest.fail("the run did not get that far")


def left_alone(federation: Federation) -> str:
    """Start a run whose onlooker is killed in the middle; return its id."""
    run, process = started(federation)
    # The command only looks on; it goes, the run stays.
    process.kill()
    process.communicate()
    return run


def processes(federation: Federation, name: str) -> list[psutil.Process]:
    coordinator = psutil.Process(federation.services.processes["coordinator"].pid)
    found = coordinator.children(recursive=True)
    return [each for each in found if any(name in word for word in each.cmdline())]


def ended_by_itself(federation: Federation) -> dict[str, Any]:
    """Wait for the end of a run that the coordinator's service sees to."""
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        run = federation.runs()[-1]
        if run["ended_at"] is not None:
            assert run["status"] == "completed", run["message"]
            return {"run": run["id"], **run["result"]}
        time.sleep(2)
    pytest.fail("the run did not end")


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
    run = left_alone(federation)
    (server_app,) = processes(federation, "flwr-serverapp")
    server_app.kill()
    result = ended_by_itself(federation)
    assert result["run"] == run
    assert_same_model(result, undisturbed)
    rounds = federation.runs()[-1]["rounds"]
    assert [each["number"] for each in rounds if each["model"]][-1] == 12


def test_a_killed_superlink(federation: Federation, undisturbed: dict[str, Any]) -> None:
    run = left_alone(federation)
    (superlink,) = processes(federation, "flower-superlink")
    superlink.kill()
    # The service starts another one, and the run goes on by itself.
    result = ended_by_itself(federation)
    assert result["run"] == run
    assert {each["name"] for each in result["hospitals"]} == set(HOSPITALS)
    assert_same_model(result, undisturbed)
    assert federation.services.processes["coordinator"].poll() is None


def test_a_run_that_was_stopped_is_resumed(
    federation: Federation, undisturbed: dict[str, Any]
) -> None:
    run, process = started(federation)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    (stopped,) = (each for each in federation.runs() if each["id"] == run)
    assert stopped["status"] == "stopped"
    # The service takes up what follows from a run; only then another one may begin.
    assert wait_until(lambda: resume(federation, run).returncode == 0, 240, 3), resume(
        federation, run
    ).stderr
    (found,) = (each for each in federation.runs() if each["id"] == run)
    assert found["status"] == "completed"
    assert_same_model(found["result"], undisturbed)


def resume(federation: Federation, run: str) -> subprocess.CompletedProcess[str]:
    home = str(federation.coordinator)
    return subprocess.run(
        command("coordinator", "resume", run, "--home", home, "--json"),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_what_has_its_result_is_not_resumed(
    federation: Federation, undisturbed: dict[str, Any]
) -> None:
    run = str(undisturbed["run"])
    done = run_anyway("coordinator", "resume", run, "--home", str(federation.coordinator))
    assert done.returncode == 2
    assert "nothing left to do" in done.stderr
