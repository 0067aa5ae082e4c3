"""A contract that changes: a real coordinator, real nodes, one accepting after the other.

The runs are carried out here, over the nodes' own folders, with all that a run of the coordinator
puts before its hospitals.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli_w

from client.app import create_client_app
from client.home import open_hospital
from server.app import outcome
from server.contracts.accepting_grid import of_those_who_accepted
from server.enrolment.hospitals import hospital_names
from server.home import open_home
from server.run_script import RunOutcome, RunScript
from server.run_store import RunStore
from shared.contract import load_contract
from shared.contract_changes.version_rule import next_version
from shared.errors import JuntosError
from shared.processes import free_port
from shared.run_settings import run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.demo.federation import without_dashboard
from tests.conftest import learnable_records
from tests.end_to_end.conftest import write_hospital
from tests.integration.federation_programs import Program, juntos

OLD = load_contract("heart_disease")
MINOR = next_version(OLD.version, "minor")
DERIVED = {
    "name": "effort",
    "kind": "numeric",
    "description": "Effort",
    "minimum": 0,
    "maximum": 2,
    "expression": "maximum_heart_rate / (220 - age)",
}
RENAMED = {"feature": "chest_pain", "code": "asymptomatic", "to": "no_pain"}
SIZES = {"north": 90, "south": 60}
SETTINGS = {
    "models": ["neural_network"],
    "neural_network": {"rounds": 2, "local_epochs": 1},
    "minimum_hospitals": 1,
    "compare_alone": False,
    "join_timeout": 1,
}


@dataclass(frozen=True)
class Federation:
    """A coordinator that serves, and the folders of its hospitals' nodes."""

    coordinator: Path
    nodes: dict[str, Path]

    def run(self) -> RunOutcome:
        """Carry out a run as the coordinator's Flower app does, with the hospitals in here."""
        home = open_home(self.coordinator)
        store = RunStore(home.engine())
        settings = run_settings(SETTINGS, [], "test")
        run = store.create(settings, home.contract().hash)
        names = hospital_names(home.engine())
        hospitals = InProcessGrid({node: app_of(self.nodes[name]) for node, name in names.items()})
        grid = of_those_who_accepted(home, store.read(run).contract_hash, hospitals)
        script = RunScript(home, store, run, grid, names, None, write_now)
        return script.carry_out(settings, [])


def write_now(action: Callable[[], None], name: str = "") -> None:
    action()


def app_of(node: Path) -> SimulatedHospital:
    hospital = open_hospital(node)
    return SimulatedHospital(create_client_app(lambda _context: hospital))


def run_of(*arguments: object) -> str:
    done = juntos(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    folder = tmp_path_factory.mktemp("federation")
    home, address = folder / "coordinator", f"127.0.0.1:{free_port()}"
    options = ["--name", "Test", "--address", address, "--contract", "heart_disease"]
    run_of("coordinator", "init", home, *options)
    (folder / "policy.toml").write_text("formal_privacy_required = false\n")
    without_dashboard(home)
    program = Program.start("coordinator", "serve", "--home", home)
    try:
        assert "is ready" in program.ready_line()
        nodes = {name: joined(folder, home, name, rows) for name, rows in SIZES.items()}
        yield Federation(home, nodes)
    finally:
        program.end(signal.SIGTERM)
        assert program.leaves_nothing()


def joined(folder: Path, home: Path, name: str, rows: int) -> Path:
    mapping = write_hospital(folder / "data" / name, OLD, learnable_records(OLD, rows, rows))
    run_of("coordinator", "enrol", name, "--home", home)
    node, kit = folder / name, home / "kits" / f"{name}.kit.toml"
    policy = folder / "policy.toml"
    run_of("node", "join", kit, "--home", node, "--mapping", mapping, "--policy", policy)
    return node


def next_contract(folder: Path) -> Path:
    """A version with a feature derived, a code renamed, and a class nobody has yet."""
    content = OLD.model_dump(mode="json", exclude_none=True)
    content |= {"version": MINOR, "derived": [DERIVED], "renamed": [RENAMED]}
    for feature in content["feature"]:
        for code in feature.get("codes", []):
            code["code"] = code["code"].replace("asymptomatic", "no_pain")
    content["target"].append({"code": "myocarditis", "name": "Myocarditis", "frequency": "rare"})
    path = folder / "next.toml"
    path.write_text(tomli_w.dumps(content))
    return path


def test_from_a_proposal_to_all_hospitals(federation: Federation, tmp_path: Path) -> None:
    file, home = next_contract(tmp_path), federation.coordinator
    found = federation.run()
    assert outcome(found.result)[0] == "completed"

    assert "derived effort: new" in run_of(
        "coordinator", "contract", "propose", file, "--home", home
    )
    said = run_of("coordinator", "contract", "diff", OLD.version, MINOR, "--home", home)
    assert "code asymptomatic is called no_pain now" in said
    assert federation.run().result.contract.version == OLD.version
    assert "Runs leave out north, south" in run_of(
        *("coordinator", "contract", "publish", MINOR, "--home", home)
    )

    north, south = federation.nodes["north"], federation.nodes["south"]
    assert f"contract {MINOR} waits" in run_of("node", "check", "--home", north)
    assert "class myocarditis" in run_of("node", "contract", "diff", "--home", north)
    assert "from now on" in run_of("node", "contract", "accept", "--home", north)
    assert "waits" not in run_of("node", "check", "--home", north)

    found = federation.run()
    status, message = outcome(found.result)
    assert status == "partial"
    assert f"south (query.summarise: has not accepted contract {MINOR})" in message
    assert list(found.result.hospitals) == ["north"]
    assert not any("south" in record.invited for record in found.result.rounds)
    assert "effort" in found.result.preparation.preprocessor.column_names()
    pains = found.result.summary.features["chest_pain"]
    assert pains.kind == "categorical"
    assert pains.counts["no_pain"] > 0

    run_of("node", "contract", "accept", "--home", south)
    found = federation.run()
    assert outcome(found.result)[0] == "completed"
    assert set(found.result.hospitals) == {"north", "south"}
    assert found.result.contract.version == MINOR


def test_a_run_that_began_under_another_version_asks_nobody(federation: Federation) -> None:
    home = open_home(federation.coordinator)
    with pytest.raises(JuntosError, match="published while this run began"):
        of_those_who_accepted(home, "0" * 64, InProcessGrid({}))
