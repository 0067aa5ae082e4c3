"""A federation whose models are watched: what nodes tell and refuse, what is kept and shown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flwr.app import Context
from typer.testing import CliRunner

from client.api.answering import Answering, Question
from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.gate import Gate, OpenGate
from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.policy import Policy, policy_in_force
from client.serving.case_problem import CaseError
from client.serving.services import open_services
from server.background_writer import write_now
from server.cli import app
from server.home import CoordinatorHome, create_home
from server.run_store import RunStore
from server.watch import running
from server.watch.running import ask
from server.watch.store import WatchStore
from shared.contract import Contract
from shared.errors import PartialRunError, SettingsError
from shared.questions import WATCH
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import InProcessGrid, SimulatedHospital
from shared.watch.watch import Watch
from simulations.silence import Silent
from tests.unit.client.api.conftest import filled_home as filled_home
from tests.unit.client.serving.bundles import CONTRACT, cases_of, records_of

NAMES = {1: "north", 2: "south", 3: "east"}
ROWS = 220
POLICY = Policy(formal_privacy_required=False)


def watching(**changes: object) -> RunSettings:
    watch = {"enabled": True, "least_rows": 100, "simulated_windows": 200, **changes}
    content = {"watch": watch, "join_timeout": 1, "minimum_hospitals": 1}
    return run_settings(content, [], "test")


class Federation:
    """Nodes with a model in service, behind the ClientApp that real nodes have."""

    def __init__(self, base: Path, filled: Path) -> None:
        self.homes = {name: base / name for name in NAMES.values()}
        for home in self.homes.values():
            shutil.copytree(filled, home)
        self.gates: dict[str, Gate] = {name: OpenGate(POLICY) for name in self.homes}

    def grid(self) -> InProcessGrid:
        nodes = {}
        for node, name in NAMES.items():
            nodes[node] = SimulatedHospital(create_client_app(self.opening(name)))
        return InProcessGrid(nodes)

    def opening(self, name: str) -> Callable[[Context], Hospital]:
        hospital = self.hospital(name)
        return lambda _context: hospital

    def hospital(self, name: str) -> Hospital:
        records = records_of(CONTRACT, ROWS, seed=len(name))
        hospital = Hospital(name, CONTRACT, lambda: LocalRecords(records), self.gates[name])
        hospital.open_services = lambda: open_services(self.homes[name])
        return hospital

    def answer(self, name: str, rows: int, *, broken: int = 0) -> None:
        """Have a node answer about usual patients, and refuse some whose age is in months."""
        services = open_services(self.homes[name])
        try:
            cases = cases_of(CONTRACT, records_of(CONTRACT, rows, seed=len(name) + 40))
            asked = [
                Question(case=case, patient=f"{name} {place}") for place, case in enumerate(cases)
            ]
            Answering(services).answer(asked, "test", "request")
            for _ in range(broken):
                with pytest.raises(CaseError):
                    services.cases.read({"age": 720})
        finally:
            services.close()

    def watch(self, settings: RunSettings | None = None, *faults: Fault) -> Watch:
        with self.grid() as grid:
            faulty = FaultyGrid(grid, list(faults), NAMES)
            chosen = settings or watching()
            return ask(faulty, NAMES, CONTRACT, chosen, Silent(), "run-0001")


@pytest.fixture
def federation(tmp_path: Path, filled_home: Path) -> Federation:
    return Federation(tmp_path / "nodes", filled_home)


def test_all_tell_and_a_sick_feed_is_named(federation: Federation) -> None:
    for name in NAMES.values():
        federation.answer(name, 150, broken=90 if name == "south" else 0)
    found = federation.watch()
    assert {name: each.rows for name, each in found.answers.items()} == dict.fromkeys(
        NAMES.values(), 150
    )
    assert {each.smallest_cell for each in found.answers.values()} == {5}
    alarms = found.alarms()
    assert [(each.kind, each.hospital, each.feature, each.sign) for each in alarms] == [
        ("feed", "south", "age", "refused")
    ]
    assert alarms[0].evidence["count"] == 90


def test_one_that_does_not_answer_is_left_out_and_named(federation: Federation) -> None:
    federation.answer("north", 120)
    found = federation.watch(None, Fault("east", 0, "error"))
    assert sorted(found.answers) == ["north", "south"]
    assert list(found.left_out) == ["east"]
    assert running.outcome(found)[0] == "partial"


def test_only_those_who_are_named_are_asked(federation: Federation) -> None:
    found = federation.watch(watching(hospitals=["south"]))
    assert (list(found.answers), found.left_out) == (["south"], {})
    with pytest.raises(SettingsError, match="nowhere"):
        federation.watch(watching(hospitals=["nowhere"]))


def test_few_patients_are_not_told(federation: Federation) -> None:
    federation.answer("north", 4)
    federation.answer("south", 13)
    found = federation.watch()
    assert found.answers["north"].window is None
    assert found.answers["south"].rows == 10
    assert found.alarms() == []


def test_a_node_as_installed_refuses_and_one_that_allows_it_writes_it_down(
    federation: Federation, tmp_path: Path
) -> None:
    federation.answer("north", 120)
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "test", "1.0")
    policy = tmp_path / "policy.toml"
    federation.gates["north"] = LedgerGate(tmp_path, ledger, policy_in_force(policy))
    found = federation.watch()
    assert "formal_privacy_required" in found.left_out["north"]
    policy.write_text('formal_privacy_required = false\nquestions = ["query.summarise"]\n')
    assert WATCH in federation.watch().left_out["north"]
    policy.write_text("formal_privacy_required = false\nsmallest_cell = 20\n")
    assert federation.watch().answers["north"].smallest_cell == 20
    spent, sent = ledger.entries()[-2:]
    assert (spent.state, spent.question, spent.purpose) == ("spent", WATCH, "watch")
    assert (sent.state, sent.releases) == ("sent", [spent.number])


def test_a_run_that_promises_sums_alone_is_told_of_nodes_alone(
    federation: Federation, tmp_path: Path
) -> None:
    federation.answer("north", 120)
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "test", "1.0")
    gate = LedgerGate(tmp_path, ledger, policy_in_force(tmp_path / "policy.toml"))
    federation.gates["north"] = gate
    private = watching().model_copy(
        update={"privacy": RunSettings().privacy.model_copy(update={"guarantee": "differential"})}
    )
    found = federation.watch(private)
    assert sorted(found.answers) == sorted(NAMES.values())
    assert all(each.window is None for each in found.answers.values())
    assert found.answers["north"].service.digest
    assert found.verdicts == []
    assert "nothing of patients" in running.outcome(found)[1]
    assert {each.mechanism for each in ledger.entries() if each.state == "spent"} == {
        "no_patient_data"
    }


def test_a_hospital_without_a_service_says_so() -> None:
    hospital = Hospital("north", CONTRACT, lambda: pytest.fail("records were read"))
    node = SimulatedHospital(create_client_app(lambda _context: hospital))
    with InProcessGrid({1: node}) as grid, pytest.raises(PartialRunError, match="no model"):
        ask(grid, {1: "north"}, CONTRACT, watching(), Silent(), "run-0001")


@pytest.fixture
def home(tmp_path: Path, contract: Contract) -> Iterator[CoordinatorHome]:
    found = create_home(tmp_path / "coordinator", "test", "127.0.0.1:9092", "heart_disease")
    yield found
    found.engine().dispose()


def carried_out(home: CoordinatorHome, federation: Federation, settings: RunSettings) -> str:
    """Carry a run out as the ServerApp does."""
    store = RunStore(home.engine())
    run = store.create(settings, CONTRACT.hash)
    with federation.grid() as grid:
        found = running.watch(home, store, run, grid, NAMES, settings, write_now)
    store.finish(run, *running.outcome(found), running.result_figures(found))
    return run


def test_watches_are_kept_and_shown_over_time(
    home: CoordinatorHome,
    federation: Federation,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(CoordinatorHome, "contract", lambda _self: CONTRACT)
    empty = CliRunner().invoke(app, ["drift", "--home", str(home.path)])
    assert empty.exit_code != 0
    for name in NAMES.values():
        federation.answer(name, 150, broken=90 if name == "south" else 0)
    runs = [carried_out(home, federation, watching()) for _ in range(2)]
    history = WatchStore(home.engine()).history()
    assert [each.run for each in history] == runs
    assert WatchStore(home.engine()).newest() == history[-1]
    page = tmp_path / "out" / "drift.html"
    said = CliRunner().invoke(
        app, ["drift", "--home", str(home.path), "--json", "--page", str(page)]
    )
    assert said.exit_code == 0, said.output
    content = json.loads(said.stdout.splitlines()[-1])
    rows = {(each["hospital"], each["name"]): each["watches"] for each in content["over_time"]}
    assert [each["mark"] for each in rows["south", "age"]] == ["feed", "feed"]
    assert {each["mark"] for each in rows["north", "age"]} == {"steady"}
    text = page.read_text(encoding="utf-8")
    assert "one feed is sick" in text
    assert "una entrada de datos está mal" in text
    assert "<script" not in text
