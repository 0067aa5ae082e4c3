"""A model on its way to hospitals: verified, stored and used there, or refused with the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flwr.app import Context
from typer.testing import CliRunner

from client.app import create_client_app
from client.home import open_home, open_hospital
from client.hospital import Hospital
from client.privacy.entry import NO_PATIENT_DATA
from client.privacy.gate import OpenGate
from client.privacy.opening import open_ledger
from client.serving.model_store import ModelStore
from client.serving.services import open_store
from client.serving.settings import read_settings
from server.background_writer import write_now
from server.cli import app
from server.deployment import running
from server.deployment.chosen_model import ChosenModel, chosen_model
from server.deployment.deploying import BUNDLE, Deploying, FederatedDeployment, bundle_of
from server.home import CoordinatorHome, create_home
from server.run_store import RunStore
from server.scheduling.preparing import deployment_settings
from shared.bundle import manifest as files
from shared.bundle.manifest import digest_of
from shared.errors import BundleError, PartialRunError, SettingsError
from shared.questions import DEPLOY
from shared.run_settings import RunSettings
from shared.session.faults import Fault
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.silence import Silent
from tests.unit.client.serving.bundles import CONTRACT, cases_of, records_of, write_signed
from tests.unit.client.serving.conftest import SIGNING_KEY
from tests.unit.client.serving.conftest import bundle_of as trained_bundle
from tests.unit.client.serving.node import make_node

NAMES = {1: "north", 2: "south", 3: "east"}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("deployed")
    for kind in ("neural_network", "boosted_trees"):
        write_signed(trained_bundle(kind), base / kind, SIGNING_KEY)
    return {path.name: path for path in base.iterdir()}


class Federation:
    """Hospitals with a store of models each, behind the ClientApp that real nodes have."""

    def __init__(self, base: Path) -> None:
        self.homes = {
            name: make_node(base / name, CONTRACT, SIGNING_KEY.public_key())
            for name in NAMES.values()
        }
        self.hospitals = {name: self._hospital(name) for name in self.homes}
        nodes = {
            node: SimulatedHospital(create_client_app(self._opening(name)))
            for node, name in NAMES.items()
        }
        self.grid = InProcessGrid(nodes)

    def _hospital(self, name: str) -> Hospital:
        hospital = Hospital(name, CONTRACT, lambda: pytest.fail("records were read"), OpenGate())
        hospital.open_models = lambda: self.store(name, answers=False)
        return hospital

    def _opening(self, name: str) -> Callable[[Context], Hospital]:
        return lambda _context: self.hospitals[name]

    def store(self, name: str, *, answers: bool = True) -> ModelStore:
        home = open_home(self.homes[name])
        return open_store(home, read_settings(home.path), answers=answers)

    def deploy(
        self,
        bundle: Path,
        *,
        hospitals: list[str] | None = None,
        shadow: bool = False,
        faults: tuple[Fault, ...] = (),
        content: dict[str, bytes] | None = None,
        **deployment: Any,  # noqa: ANN401 - settings
    ) -> tuple[FederatedDeployment, Deploying]:
        settings = settings_of(bundle, hospitals or [], shadow=shadow, **deployment)
        grid = FaultyGrid(self.grid, list(faults), NAMES)
        files_of_bundle = content or bundle_of(bundle)
        run = Deploying(grid, NAMES, CONTRACT, settings, Silent(), files_of_bundle)
        self.grid.begin_run()
        return run.run(), run


def settings_of(
    bundle: Path,
    hospitals: list[str],
    *,
    shadow: bool = False,
    **deployment: Any,  # noqa: ANN401 - settings
) -> RunSettings:
    digest = digest_of((bundle / files.MANIFEST).read_bytes())
    chosen = ChosenModel(f"everything.{bundle.name} version 1", digest, bundle)
    found = deployment_settings(chosen, hospitals, {"join_timeout": 1}, shadow=shadow)
    changed = found.deployment.model_copy(update=deployment)
    return found.model_copy(update={"deployment": changed})


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    found = Federation(tmp_path)
    yield found
    found.grid.close()


def test_every_hospital_answers_with_what_was_deployed(
    federation: Federation, bundles: dict[str, Path]
) -> None:
    found, run = federation.deploy(bundles["boosted_trees"])
    assert sorted(found.in_use) == ["east", "north", "south"]
    assert found.reasons == {}
    case = cases_of(CONTRACT, records_of(CONTRACT, rows=1))[0]
    answers = [federation.store(name).active.answer(case) for name in NAMES.values()]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].model.digest == found.digest
    for each in found.hospitals.values():
        assert each.active_version == "run-0001/boosted_trees"
        assert each.milliseconds is not None
    (stored,) = federation.store("north").models()
    assert (stored.source, stored.label) == ("coordinator", "everything.boosted_trees version 1")
    assert [record.question for record in run.grid.records] == [DEPLOY, DEPLOY]
    assert not list(federation.homes["north"].glob("models/.arriving-*"))


def test_a_large_model_travels_in_parts(federation: Federation, bundles: dict[str, Path]) -> None:
    found, run = federation.deploy(bundles["boosted_trees"], part_megabytes=0.9)
    assert len(found.in_use) == 3
    assert len(run.parts) > 2
    assert len(run.grid.records) == 1 + len(run.parts)
    assert max(part.nbytes for part in run.parts) <= 900_000


def test_what_is_there_already_does_not_travel_again(
    federation: Federation, bundles: dict[str, Path]
) -> None:
    federation.deploy(bundles["boosted_trees"])
    federation.deploy(bundles["neural_network"])
    found, run = federation.deploy(bundles["boosted_trees"])
    assert len(found.in_use) == 3
    assert len(run.grid.records) == 1
    assert federation.store("north").active.identity.digest == found.digest


def test_only_those_who_are_named_get_it(federation: Federation, bundles: dict[str, Path]) -> None:
    found, _ = federation.deploy(bundles["neural_network"], hospitals=["south"])
    assert list(found.hospitals) == found.in_use == ["south"]
    assert found.left_out == {}
    assert federation.store("north").models() == []
    with pytest.raises(SettingsError, match="nowhere"):
        federation.deploy(bundles["neural_network"], hospitals=["nowhere"])


def test_a_challenger_is_not_shown(federation: Federation, bundles: dict[str, Path]) -> None:
    federation.deploy(bundles["neural_network"])
    found, _ = federation.deploy(bundles["boosted_trees"], shadow=True)
    assert len(found.in_use) == 3
    for name, each in found.hospitals.items():
        assert each.active_version == "run-0001/neural_network"
        assert each.shadow_version == "run-0001/boosted_trees"
        in_service = federation.store(name).in_service
        assert in_service.active is not None
        assert in_service.shadow is not None


def test_a_pinned_hospital_stays_and_says_so(
    federation: Federation, bundles: dict[str, Path]
) -> None:
    federation.deploy(bundles["neural_network"])
    federation.store("south", answers=False).pin()
    found, run = federation.deploy(bundles["boosted_trees"])
    assert sorted(found.in_use) == ["east", "north"]
    assert found.reasons == {"south": "This hospital is pinned to run-0001/neural_network."}
    assert found.hospitals["south"].pinned
    # Nothing large travelled to it.
    assert run.grid.records[1].invited == ["east", "north"]
    assert run.grid.records[1].left_out == {}
    assert federation.store("south").active.identity.version == "run-0001/neural_network"
    assert federation.store("south").events()[-1].what == "refused"
    assert running.outcome(found)[0] == "partial"


def test_a_bundle_that_nobody_signed_is_refused_everywhere(
    federation: Federation, bundles: dict[str, Path], tmp_path: Path
) -> None:
    federation.deploy(bundles["neural_network"])
    forged = tmp_path / "boosted_trees"
    write_signed(trained_bundle("boosted_trees"), forged, Ed25519PrivateKey.generate())
    found, _ = federation.deploy(forged)
    assert found.in_use == []
    assert len(found.reasons) == 3
    assert "not the one this federation's coordinator signed" in found.reasons["north"]
    assert found.hospitals["north"].active_version == "run-0001/neural_network"
    status, message = running.outcome(found)
    assert (status, "no hospital took" in message) == ("failed", True)
    assert not list(federation.homes["north"].glob("models/.*"))


def test_a_changed_bundle_is_refused(federation: Federation, bundles: dict[str, Path]) -> None:
    content = bundle_of(bundles["boosted_trees"])
    changed = {**content, files.ONNX: content[files.ONNX][:-3] + b"abc"}
    found, _ = federation.deploy(bundles["boosted_trees"], content=changed)
    assert found.in_use == []
    assert "model.onnx was changed" in found.reasons["east"]


def test_another_contract_is_said_before_anything_travels(
    federation: Federation, bundles: dict[str, Path]
) -> None:
    other = CONTRACT.model_copy_checked(version="2.0.0")
    federation.hospitals["east"].contract = other
    found, run = federation.deploy(bundles["boosted_trees"])
    assert sorted(found.in_use) == ["north", "south"]
    assert "the run follows contract version" in found.reasons["east"]
    assert run.grid.records[1].invited == ["north", "south"]


def test_a_hospital_that_falls_silent_keeps_what_it_had(
    federation: Federation, bundles: dict[str, Path]
) -> None:
    federation.deploy(bundles["neural_network"])
    faults = (Fault("south", 2, "unreachable"),)
    found, _ = federation.deploy(bundles["boosted_trees"], faults=faults, part_megabytes=0.9)
    assert sorted(found.in_use) == ["east", "north"]
    assert list(found.reasons) == ["south"]
    assert federation.store("south").active.identity.version == "run-0001/neural_network"
    # What came half-way is gone with the next offer.
    federation.deploy(bundles["boosted_trees"])
    assert federation.store("south").active.identity.version == "run-0001/boosted_trees"
    assert not list(federation.homes["south"].glob("models/.arriving-*"))


def test_a_part_that_was_not_offered_is_refused(
    federation: Federation, bundles: dict[str, Path]
) -> None:
    settings = settings_of(bundles["boosted_trees"], [])
    run = Deploying(
        federation.grid, NAMES, CONTRACT, settings, Silent(), bundle_of(bundles["boosted_trees"])
    )
    federation.grid.begin_run()
    run.grid.begin("")
    nodes = list(run.grid.get_node_ids())
    run._ask(nodes, run.header.model_copy(update={"part": 1}), run.parts[0])
    assert "was not offered" in run.found.reasons["north"]


def test_the_ledger_says_that_nothing_of_a_patient_left(
    tmp_path: Path, bundles: dict[str, Path]
) -> None:
    path = make_node(tmp_path / "north", CONTRACT, SIGNING_KEY.public_key())
    (path / "ca.crt").write_text("")
    hospital = open_hospital(path)
    node = SimulatedHospital(create_client_app(lambda _context: hospital))
    with InProcessGrid({1: node}) as grid:
        settings = settings_of(bundles["neural_network"], [])
        content = bundle_of(bundles["neural_network"])
        found = Deploying(grid, {1: "north"}, CONTRACT, settings, Silent(), content).run()
    assert found.in_use == ["north"]
    entries = open_ledger(open_home(path)).entries()
    assert {each.question for each in entries} == {DEPLOY}
    assert [each.state for each in entries] == ["spent", "sent", "spent", "sent"]
    assert {each.mechanism for each in entries if each.state == "spent"} == {NO_PATIENT_DATA}

    (path / "policy.toml").write_text('questions = ["train"]\n')
    with InProcessGrid({1: node}) as grid:
        found = Deploying(grid, {1: "north"}, CONTRACT, settings, Silent(), content).run()
    assert "does not have 'query.deploy' answered" in found.reasons["north"]


@pytest.fixture
def coordinator(tmp_path: Path, bundles: dict[str, Path]) -> CoordinatorHome:
    """A coordinator whose contract and key are those of the bundles."""
    home = create_home(tmp_path / "coordinator", "test", "127.0.0.1:9092", "heart_disease")
    run = home.runs / "run-0001"
    run.mkdir(parents=True)
    for kind, folder in bundles.items():
        shutil.copytree(folder, run / kind)
    return home


def test_a_deployment_is_a_run_with_its_bundle_and_what_became_of_it(
    coordinator: CoordinatorHome, federation: Federation, bundles: dict[str, Path]
) -> None:
    settings = settings_of(bundles["boosted_trees"], ["north", "south"])
    store = RunStore(coordinator.engine())
    run = store.create(settings, CONTRACT.hash)
    shutil.copytree(bundles["boosted_trees"], coordinator.runs / run / BUNDLE)
    federation.store("south", answers=False)

    class Contracted(CoordinatorHome):
        def contract(self) -> Any:  # noqa: ANN401 - the test's own contract
            return CONTRACT

    home = Contracted(coordinator.path, coordinator.settings)
    found = running.deploy(home, store, run, federation.grid, NAMES, settings, write_now)
    store.finish(run, *running.outcome(found), running.result_figures(found))
    kept = json.loads((coordinator.runs / run / running.DEPLOYMENT_FILE).read_text())
    assert set(kept["hospitals"]) == {"north", "south"}
    done = CliRunner().invoke(app, ["runs", run, "--home", str(coordinator.path)])
    assert done.exit_code == 0, done.output
    assert "is in use at 2 hospitals" in done.output.replace("\n", " ")
    for word in ("north", "south", "run-0001/boosted_trees", "in use"):
        assert word in done.output
    listed = CliRunner().invoke(app, ["runs", "--home", str(coordinator.path)])
    assert listed.exit_code == 0


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        (None, SettingsError, "No model is in use yet"),
        ("run-0001", SettingsError, "has the models boosted_trees, neural_network"),
        ("run-0001/random_forest", SettingsError, "Say which: run-0001/boosted_trees"),
        ("run-0404", SettingsError, "has no models"),
        ("everything.boosted_trees:7", SettingsError, "registry has no"),
        ("what I meant", SettingsError, "names no model"),
        ("run-0001/boosted_trees", BundleError, "not the one this federation's coordinator"),
    ],
)
def test_a_model_that_cannot_be_deployed_is_said_before_anyone_is_asked(
    coordinator: CoordinatorHome, what: str | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words), chosen_model(coordinator, what):
        pass


def test_nobody_there_is_no_success(federation: Federation, bundles: dict[str, Path]) -> None:
    faults = tuple(Fault(name, 0, "unreachable") for name in NAMES.values())
    with pytest.raises(PartialRunError, match="0 hospitals can be reached"):
        federation.deploy(bundles["boosted_trees"], faults=faults)
