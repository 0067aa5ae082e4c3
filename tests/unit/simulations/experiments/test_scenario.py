"""Who answers and what goes wrong, as a scenario says it."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

import simulations
from shared.errors import SettingsError
from shared.session.faults import Fault
from simulations.backend import BackendSettings
from simulations.experiments.grid import points_of
from simulations.experiments.scenario import Scenario, load_scenario
from simulations.ray_cluster import report_to_nobody, require_ray

SHIPPED = sorted((Path(simulations.__file__).parent / "scenarios").glob("*.toml"))
BASE = """
name = "Faulty"
contract = "heart_disease"
[data]
kind = "heart"
"""


def scenario_of(folder: Path, more: str) -> Scenario:
    path = folder / "scenario.toml"
    path.write_text(BASE + more)
    return load_scenario(path)


def test_backend_and_faults_are_read(tmp_path: Path) -> None:
    found = scenario_of(
        tmp_path,
        """
        [backend]
        kind = "processes"
        workers = 4
        [[fault]]
        hospital = "va"
        question = 2
        kind = "delay"
        seconds = 30
        [[fault]]
        hospital = "va"
        question = 3
        kind = "not_a_number"
        """,
    )
    assert found.backend == BackendSettings(kind="processes", workers=4)
    assert found.fault == [Fault("va", 2, "delay", 30), Fault("va", 3, "not_a_number")]


def test_without_either_hospitals_answer_in_process_and_nothing_fails(tmp_path: Path) -> None:
    found = scenario_of(tmp_path, "")
    assert found.backend.kind == "in_process"
    assert found.fault == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[[fault]]\nhospital = "va"\nquestion = 0\nkind = "asleep"', r"fault\.0\.kind"),
        ('[[fault]]\nhospital = "va"\nquestion = -1\nkind = "silent"', r"fault\.0\.question"),
        ('[[fault]]\nhospital = "va"\nquestion = 0\nkind = "delay"', "give seconds above 0"),
        ('[[fault]]\nhospital = "va"\nquestion = 0\nkind = "silent"\nwhen = 1', r"fault\.0\.when"),
        ('[[fault]]\nquestion = 0\nkind = "silent"', r"fault\.0\.hospital"),
        ('[backend]\nkind = "slurm"', r"backend\.kind"),
        ('[backend]\nkind = "threads"\nworkers = -1', r"backend\.workers"),
        ("[backend]\nworkers = 2", "in_process has one worker"),
        ('[backend]\nkind = "threads"\naddress = "host:6379"', "only ray has an address"),
        (
            '[backend]\nkind = "ray"\nworkers = 2\naddress = "host:6379"',
            "its own number of workers",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        scenario_of(tmp_path, more)


def test_without_ray_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"juntos\[ray\]"):
        require_ray()


def test_usage_statistics_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from flwr.supercore import telemetry

    monkeypatch.setattr(telemetry, "FLWR_TELEMETRY_ENABLED", "1")
    for name in ("RAY_USAGE_STATS_ENABLED", "FLWR_TELEMETRY_ENABLED"):
        monkeypatch.setenv(name, "1")
    report_to_nobody()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert os.environ["FLWR_TELEMETRY_ENABLED"] == telemetry.FLWR_TELEMETRY_ENABLED == "0"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_run(path: Path) -> None:
    assert points_of(load_scenario(path))
