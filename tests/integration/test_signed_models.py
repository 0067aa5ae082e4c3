"""Models in the registry: those that the coordinator signed, and what became of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.bundling import write_bundles
from server.champion import crown, find_champion, refuse_tampered
from server.cli import app
from server.home import CoordinatorHome, create_home
from server.tracking import Registered, Tracker
from shared.bundle import manifest as files
from shared.contract import Contract
from shared.errors import BundleError
from shared.run_settings import run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

SETTINGS = {
    "models": ["random_forest"],
    "random_forest": {"trees": 2},
    "minimum_hospitals": 1,
    "compare_alone": False,
}


@pytest.fixture
def home(tmp_path: Path) -> CoordinatorHome:
    return create_home(tmp_path / "coordinator", "test", "127.0.0.1:9092", "heart_disease")


@pytest.fixture
def tracker(home: CoordinatorHome) -> Tracker:
    return Tracker(home.mlflow_url, home.artifacts, "test")


@pytest.fixture
def registered(home: CoordinatorHome, tracker: Tracker, contract: Contract) -> Registered:
    """A model that a run trained, signed and registered."""
    settings = run_settings(SETTINGS, [], "test")
    result = run_in_process(contract, {"north": learnable_records(contract, 60, 1)}, settings)
    folders = write_bundles(
        home.runs / "run-0001", "run-0001", settings, result, home.signing_key()
    )
    return tracker.record("run-0001", settings, contract.hash, result, folders)["random_forest"]


def test_a_tampered_model_of_the_registry_is_not_promoted(
    home: CoordinatorHome, tracker: Tracker, registered: Registered, contract: Contract
) -> None:
    key = home.signing_key().public_key()
    refuse_tampered(tracker.client, registered.name, registered.version, key)
    crown(tracker.client, contract, registered.name, registered.version)
    champion = find_champion(tracker.client, contract, key)
    assert champion is not None
    assert champion.previous is not None

    (card,) = home.artifacts.rglob(files.CARD)
    card.write_text(card.read_text() + " ")
    with pytest.raises(BundleError):
        refuse_tampered(tracker.client, registered.name, registered.version, key)
    champion = find_champion(tracker.client, contract, key)
    assert champion is not None
    assert champion.previous is None


@pytest.mark.usefixtures("registered")
def test_a_person_can_verify_a_bundle(home: CoordinatorHome, tmp_path: Path) -> None:
    bundle = home.runs / "run-0001" / "random_forest"
    arguments = ["verify", str(bundle), "--home", str(home.path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "random_forest of run-0001, signed by" in done.output.replace("\n", " ")

    other = create_home(tmp_path / "other", "other", "127.0.0.1:9093", "heart_disease")
    done = CliRunner().invoke(app, [*arguments[:-1], str(other.path)])
    assert isinstance(done.exception, BundleError)
