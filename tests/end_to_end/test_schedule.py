"""A run that the calendar starts, over real SuperLink and SuperNodes, and a coordinator's death."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from shared.processes import wait_until
from simulations.demo.commands import run_command
from tests.end_to_end.conftest import Federation, run_anyway

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

# Rounds of about a second, so that there is a middle to be killed in.
SLOW = """
seed = 1
models = ["neural_network"]
compare_alone = false
[review]
enabled = false
[neural_network]
rounds = 12
local_epochs = 4000
"""
CALENDAR = """
[[calendar]]
name = "every minute"
cron = "* * * * *"
settings = "slow.toml"
"""


def queue(federation: Federation) -> list[dict[str, Any]]:
    home = str(federation.coordinator)
    found: list[dict[str, Any]] = json.loads(
        run_command("coordinator", "queue", "--home", home, "--json")
    )
    return found


def eventually(condition: Callable[[], bool], seconds: float = 240) -> None:
    assert wait_until(condition, seconds, 2.0)


def kill_everything(federation: Federation) -> None:
    coordinator = federation.services.processes["coordinator"]
    tree = psutil.Process(coordinator.pid).children(recursive=True)
    os.kill(coordinator.pid, signal.SIGKILL)
    coordinator.wait(30)
    # The SuperLink and all that it has started: as when the machine loses power.
    for each in tree:
        if each.is_running():
            each.kill()


def test_the_calendar_starts_a_run_that_survives_the_coordinator(federation: Federation) -> None:
    home = federation.coordinator
    (home / "slow.toml").write_text(SLOW)
    (home / "schedule.toml").write_text(CALENDAR)
    eventually(lambda: len(queue(federation)) == 1, 90)
    # Once is enough.
    (home / "schedule.toml").write_text("")
    eventually(lambda: bool(federation.runs()) and len(federation.runs()[0]["rounds"]) >= 5)

    busy = run_anyway("coordinator", "train", "--home", str(home))
    assert busy.returncode != 0
    assert "run-0001 (learn) goes on, asked for by calendar" in busy.stderr
    assert "the coordinator's service" in busy.stderr

    kill_everything(federation)
    services = federation.services
    services.start("coordinator", "coordinator", "serve", "--home", str(home))
    services.wait_until_said("coordinator", "is ready")
    eventually(lambda: queue(federation)[0]["status"] != "running")

    (request,) = queue(federation)
    assert request["status"] == "done", request
    assert request["reason"].startswith("Calendar entry 'every minute' (* * * * *, UTC) was due at")
    assert (request["requested_by"], request["run_id"]) == ("calendar", "run-0001")
    assert request["attempts"] == 2
    (run,) = federation.runs()
    assert run["status"] == "completed"
    numbers = [each["number"] for each in run["rounds"] if each["model"]]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 12


def test_a_cancelled_run_stops_everywhere(federation: Federation) -> None:
    home = str(federation.coordinator)
    settings = str(federation.coordinator / "slow.toml")
    run_command(
        *("coordinator", "request", "learn", "--home", home, "--settings", settings),
        *("--reason", "To be stopped."),
    )
    eventually(lambda: len(federation.runs()) == 2 and len(federation.runs()[1]["rounds"]) >= 2)
    run_command("coordinator", "cancel", "2", "--home", home)
    eventually(lambda: queue(federation)[1]["status"] == "cancelled", 60)
    assert federation.runs()[1]["status"] == "stopped"
    time.sleep(3)
    rounds = len(federation.runs()[1]["rounds"])
    time.sleep(3)
    assert len(federation.runs()[1]["rounds"]) == rounds
