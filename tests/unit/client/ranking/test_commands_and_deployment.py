"""Engines that rank reach a hospital by the coordinator's run, and are seen and pinned there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.app import create_client_app
from client.home import open_home
from client.hospital import Hospital
from client.privacy.gate import OpenGate
from client.ranking.opening import open_rankings
from client.serving.commands import models
from client.serving.settings import ServingSettings
from server.deployment.chosen_model import ChosenModel
from server.deployment.deploying import Deploying, FederatedDeployment
from server.scheduling.preparing import deployment_settings
from shared.bundle.manifest import MANIFEST, digest_of
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.silence import Silent
from tests.unit.client.ranking.conftest import CONTRACT, bundle_files
from tests.unit.client.ranking.small_engine import open_small

NAMES = {1: "lyon"}


@pytest.fixture
def hospital(home: Path) -> Hospital:
    found = Hospital("lyon", CONTRACT, lambda: pytest.fail("records were read"), OpenGate())
    settings = ServingSettings(latency_limit=60)
    found.open_rankings = lambda: open_rankings(
        open_home(home), settings, open_small, answers=False
    )
    return found


@pytest.fixture
def grid(hospital: Hospital) -> Iterator[InProcessGrid]:
    found = InProcessGrid({1: SimulatedHospital(create_client_app(lambda _context: hospital))})
    yield found
    found.close()


def deployed(grid: InProcessGrid, files: dict[str, bytes]) -> FederatedDeployment:
    chosen = ChosenModel("run-1/disease_ranking", digest_of(files[MANIFEST]), Path())
    settings = deployment_settings(chosen, [], {"join_timeout": 1}, shadow=False)
    grid.begin_run()
    return Deploying(grid, NAMES, CONTRACT, settings, Silent(), files).run()


def test_an_engine_is_deployed_and_told(
    grid: InProcessGrid, hospital: Hospital, terms: bytes
) -> None:
    found = deployed(grid, bundle_files(terms))
    assert (sorted(found.in_use), found.reasons) == (["lyon"], {})
    assert hospital.open_rankings is not None
    (kept,) = hospital.open_rankings().models()
    assert (kept.version, kept.source) == ("run-1/disease_ranking", "coordinator")


def test_the_administrator_sees_it_beside_the_models_and_pins_it(
    grid: InProcessGrid, home: Path, terms: bytes
) -> None:
    deployed(grid, bundle_files(terms))
    listed = CliRunner().invoke(models, ["list", "--home", str(home), "--json"])
    assert listed.exit_code == 0, listed.output
    assert [each["version"] for each in json.loads(listed.stdout)] == ["run-1/disease_ranking"]
    pinned = CliRunner().invoke(models, ["pin", "--engine", "--home", str(home)])
    assert "pinned" in pinned.stdout
    refused = deployed(grid, bundle_files(terms, run="run-2"))
    assert "pinned to run-1" in refused.reasons["lyon"]
