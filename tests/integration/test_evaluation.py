"""A finished model judged by every hospital, with nothing trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.background_writer import write_now
from server.bundling import write_bundles
from server.cli import app
from server.evaluation.running import evaluate, outcome, result_figures
from server.home import CoordinatorHome, create_home
from server.results import result_figures as trained_figures
from server.run_script import RunScript
from server.run_store import RunStore
from server.scheduling.preparing import kind_of, settings_of
from shared.contract import Contract
from shared.errors import SettingsError
from shared.questions import EVALUATE
from shared.run_settings import run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.hospital_apps import app_factories
from tests.conftest import learnable_records

QUICK = {
    "models": ["random_forest"],
    "random_forest": {"trees": 12},
    "compare_alone": False,
    "calibration": {"method": "none"},
}
HOSPITALS = {"north": 90, "south": 70}


class Federation:
    """A coordinator's folder, and hospitals in this process."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        self.home: CoordinatorHome = create_home(folder, "test", "127.0.0.1:9092", "heart_disease")
        self.store = RunStore(self.home.engine())
        records = {
            name: learnable_records(contract, rows, seed)
            for seed, (name, rows) in enumerate(HOSPITALS.items())
        }
        self.names = dict(enumerate(records, start=1))
        factories = app_factories(contract, records)
        self.grid = InProcessGrid(
            {node: SimulatedHospital(factories[name]) for node, name in self.names.items()}
        )


@pytest.fixture
def federation(tmp_path: Path, contract: Contract) -> Federation:
    return Federation(tmp_path / "coordinator", contract)


def test_it_is_judged_as_when_it_was_trained(federation: Federation) -> None:
    home, store, names = federation.home, federation.store, federation.names
    settings = run_settings(QUICK, [], "test")
    run = store.create(settings, home.contract().hash)
    script = RunScript(home, store, run, federation.grid, names, None, write_now)
    trained = script.carry_out(settings, [])
    write_bundles(
        home.runs / run, run, settings, trained.result, home.signing_key(), home.ontology_file
    )

    judging = settings_of("evaluate", {"evaluation": {"model": run}}, "test")
    assert kind_of(judging) == "evaluate"
    second = store.create(judging, home.contract().hash)
    federation.grid.begin_run()
    found = evaluate(home, store, second, federation.grid, names, judging, write_now)
    assert outcome(found) == ("completed", f"2 hospitals judged {run}/random_forest")
    figures = result_figures(found)
    expected = trained_figures(trained.result)["models"]["random_forest"]["federated"]
    assert figures["models"] == {"random_forest": {"federated": expected, "local": {}}}
    assert [each.question for each in store.rounds(second)] == [EVALUATE]
    store.finish(second, *outcome(found), figures)
    shown = CliRunner().invoke(app, ["runs", second, "--home", str(home.path)])
    assert shown.exit_code == 0, shown.output
    assert "2 hospitals judged run-0001/random_forest" in shown.output
    assert "random forest" in shown.output.lower()


def test_a_model_that_is_not_there_is_told(federation: Federation) -> None:
    settings = settings_of("evaluate", {"evaluation": {"model": "run-0009"}}, "test")
    run = federation.store.create(settings, federation.home.contract().hash)
    with pytest.raises(SettingsError, match="run-0009 has no models"):
        evaluate(
            *(federation.home, federation.store, run, federation.grid),
            *(federation.names, settings, write_now),
        )
