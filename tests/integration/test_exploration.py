"""A federation that explores: what its hospitals tell, what they refuse, what a person reads."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.gate import OpenGate
from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.policy import policy_in_force
from server.background_writer import write_now
from server.cli import app
from server.commands.runs import as_plain
from server.exploration import running
from server.exploration.asking import Exploring, FederatedExploration, read_exploration
from server.exploration.report import write_report
from server.exploration.summary import json_summary
from server.home import CoordinatorHome, create_home
from server.run_store import RunStore
from shared.contract import Contract, load_contract
from shared.errors import PartialRunError, SettingsError
from shared.exploration.exploration import Exploration
from shared.exploration.explore import explore
from shared.questions import EXPLORE
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.exploration import explore_in_process
from simulations.hospital_apps import app_factories
from simulations.silence import Silent
from tests.conftest import learnable_records, random_records

SIZES = {"north": 160, "south": 90, "east": 60}


def exploring(**changes: object) -> RunSettings:
    exploration = {"enabled": True, **changes}
    return run_settings({"exploration": exploration, "join_timeout": 1}, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(SIZES.items())
    }


@pytest.fixture(scope="module")
def found(contract: Contract, hospitals: dict[str, Records]) -> FederatedExploration:
    study = [
        {"name": "Old and ill", "where": "age >= 60 and class = disease"},
        {"name": "<script>alert(1)</script>", "where": "sex = female"},
    ]
    return explore_in_process(contract, hospitals, exploring(study=study))


def test_every_hospital_tells(found: FederatedExploration) -> None:
    assert {name: each.patients for name, each in found.hospitals.items()} == SIZES
    assert not found.left_out
    bits = json_summary(found)["information_bits"]
    assert list(bits)[:2] in (["age", "maximum_heart_rate"], ["maximum_heart_rate", "age"])
    assert bits["age"] > 10 * bits["resting_ecg"]


def test_only_those_who_are_named_are_asked(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    found = explore_in_process(contract, hospitals, exploring(hospitals=["south"]))
    assert found.answered == ["south"]
    assert not found.left_out
    with pytest.raises(SettingsError, match="nowhere"):
        explore_in_process(contract, hospitals, exploring(hospitals=["nowhere"]))


def test_each_patient_counts_once(contract: Contract) -> None:
    records = learnable_records(contract, 120, 0)
    several = Records(records.table, records.labels, np.repeat(np.arange(40), 3))
    found = explore_in_process(contract, {"a": several, "b": records}, exploring())
    assert [each.patients for each in found.hospitals.values()] == [40, 120]


def test_a_hospital_that_does_not_answer_is_left_out_and_named(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    faults = [Fault("east", 0, "error")]
    found = explore_in_process(contract, hospitals, exploring(), faults=faults)
    assert found.answered == ["north", "south"]
    assert list(found.left_out) == ["east"]
    faults.append(Fault("south", 0, "error"))
    with pytest.raises(PartialRunError, match="at least 2"):
        explore_in_process(contract, hospitals, exploring(), faults=faults)


def test_a_hospital_of_few_patients_says_so(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    few = {**hospitals, "tiny": learnable_records(contract, 4, 9)}
    found = explore_in_process(contract, few, exploring())
    assert "fewer than 5 patients" in found.left_out["tiny"]


def asked(
    contract: Contract, records: Records, gate: OpenGate | LedgerGate
) -> FederatedExploration:
    hospital = Hospital("north", contract, lambda: LocalRecords(records), gate)
    node = SimulatedHospital(create_client_app(lambda _context: hospital))
    with InProcessGrid({1: node}) as grid:
        settings = exploring(hospitals=["north"])
        return Exploring(grid, {1: "north"}, contract, settings, Silent()).run()


def test_a_new_node_refuses_and_one_that_allows_it_writes_it_down(
    contract: Contract, hospitals: dict[str, Records], tmp_path: Path
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "test", "1.0")
    gate = LedgerGate(tmp_path, ledger, policy_in_force(tmp_path / "policy.toml"))
    with pytest.raises(PartialRunError, match="formal_privacy_required"):
        asked(contract, hospitals["north"], gate)
    (tmp_path / "policy.toml").write_text("formal_privacy_required = false\nsmallest_cell = 20\n")
    found = asked(contract, hospitals["north"], gate)
    refused, spent, sent = ledger.entries()
    assert (refused.state, refused.question) == ("refused", EXPLORE)
    assert (spent.state, spent.mechanism, spent.purpose) == ("spent", "none", "exploration")
    assert (sent.state, sent.releases) == ("sent", [spent.number])
    told = found.hospitals["north"]
    assert told.smallest_cell == 20
    counts = [each for tables in told.features.values() for each in tables.cells.counts]
    assert not [each for each in counts if 0 < each < 20]


def test_the_policy_may_leave_the_question_out(
    contract: Contract, hospitals: dict[str, Records], tmp_path: Path
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "test", "1.0")
    (tmp_path / "policy.toml").write_text(
        'formal_privacy_required = false\nquestions = ["query.summarise"]\n'
    )
    gate = LedgerGate(tmp_path, ledger, policy_in_force(tmp_path / "policy.toml"))
    with pytest.raises(PartialRunError, match=r"query\.explore"):
        asked(contract, hospitals["north"], gate)


def test_an_answer_that_cannot_be_is_left_out(
    contract: Contract, hospitals: dict[str, Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("client.exploration.answering.explore", inflated)
    with pytest.raises(PartialRunError, match="add up"):
        explore_in_process(contract, hospitals, exploring())


def inflated(contract: Contract, records: Records, *given: Any) -> Exploration:  # noqa: ANN401
    found = explore(contract, records, *given)
    return found.model_copy(update={"patients": found.patients + 1})


class Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [str(given["id"])] if "id" in given else []
        self.references += [str(given[key]) for key in ("src", "href") if key in given]


def test_the_page_stands_by_itself(found: FederatedExploration, tmp_path: Path) -> None:
    page = write_report(found, tmp_path / "out", "run-0001", "2026-11-25")
    text = page.read_text(encoding="utf-8")
    read = Texts()
    read.feed(text)
    assert "script" not in read.tags
    assert "&lt;script&gt;" in text
    assert len(set(read.ids)) == len(read.ids)
    assert all(each.startswith("#") and each[1:] in read.ids for each in read.references)
    assert "310 patients" in text
    assert "310 pacientes" in text
    again = write_report(found, tmp_path / "again", "run-0001", "2026-11-25")
    assert again.read_bytes() == page.read_bytes()
    figures = list((tmp_path / "out" / "figures").iterdir())
    assert len(figures) == read.tags.count("svg") > 15
    for figure in figures:
        drawn = figure.read_text(encoding="utf-8")
        ElementTree.fromstring(drawn)  # noqa: S314 - ours
        assert "var(" not in drawn
        assert 'class="es"' not in drawn
    with (tmp_path / "out" / "tables" / "classes.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[-1][3:] == ["60", "160", "90", "310"]


def test_nothing_that_is_written_is_of_few(found: FederatedExploration, tmp_path: Path) -> None:
    write_report(found, tmp_path)
    for name in ("classes", "codes", "distributions"):
        rows = list(csv.reader((tmp_path / "tables" / f"{name}.csv").read_text().splitlines()))
        first = {"classes": 3, "codes": 2, "distributions": 5}[name]
        counts = [int(cell) for row in rows[1:] for cell in row[first:] if cell.isdigit()]
        assert counts
        assert not [count for count in counts if 0 < count < 5]


def test_terms_and_rare_classes_are_reported(tmp_path: Path) -> None:
    contract = load_contract("rare_disease")
    hospitals = {name: random_records(contract, 80, seed) for seed, name in enumerate("ab")}
    found = explore_in_process(contract, hospitals, exploring())
    text = write_report(found, tmp_path).read_text(encoding="utf-8")
    assert "Arachnodactyly" in text
    assert "patients together" in text
    assert "≤" in text


def test_one_hospital_alone_has_a_report_too(contract: Contract, tmp_path: Path) -> None:
    records = {"one": learnable_records(contract, 30, 0)}
    settings = exploring(hospitals=["one"])
    text = write_report(explore_in_process(contract, records, settings), tmp_path).read_text()
    assert "One hospital tells of 30 patients" in text
    assert 'id="case_mix"' not in text


@pytest.fixture
def home(tmp_path: Path) -> CoordinatorHome:
    return create_home(tmp_path / "coordinator", "test", "127.0.0.1:9092", "heart_disease")


def carried_out(home: CoordinatorHome, hospitals: dict[str, Records]) -> str:
    """Carry a run out as the ServerApp does."""
    store, settings = RunStore(home.engine()), exploring()
    run = store.create(settings, home.contract().hash)
    names = dict(enumerate(hospitals, 1))
    factories = app_factories(home.contract(), hospitals)
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    with InProcessGrid(nodes) as grid:
        found = running.explore(home, store, run, grid, names, settings, write_now)
    store.finish(run, *running.outcome(found), running.result_figures(found))
    return run


def test_a_run_is_kept_and_its_report_written_again(
    home: CoordinatorHome, hospitals: dict[str, Records], tmp_path: Path
) -> None:
    run = carried_out(home, hospitals)
    store = RunStore(home.engine())
    plain = as_plain(store, store.read(run))
    assert plain["status"] == "completed"
    assert [each.question for each in store.rounds(run)] == [EXPLORE]
    assert read_exploration(home.runs / run).answered == ["east", "north", "south"]
    arguments = ["explore", "--home", str(home.path), "--run", run, "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert '"patients": {"east": 60, "north": 160, "south": 90}' in result.stdout
    assert (tmp_path / "out" / "explore.html").exists()
    listed = CliRunner().invoke(app, ["runs", run, "--home", str(home.path)])
    assert listed.exit_code == 0
    assert re.search(r"What the data are like +3 of 3", listed.output)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--studies", "absent.toml"], "does not exist"),
        (["--hospitals", "nowhere"], "Not enrolled"),
        (["--set", 'privacy.guarantee="secret_sums"'], "does not explore"),
        (["--run", "run-0009"], "no run"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_begins(
    home: CoordinatorHome, options: list[str], message: str
) -> None:
    result = CliRunner().invoke(app, ["explore", "--home", str(home.path), *options])
    assert isinstance(result.exception, SettingsError)
    assert message in str(result.exception)
    assert RunStore(home.engine()).all() == []


def test_a_study_that_does_not_fit_the_contract_is_refused(
    home: CoordinatorHome, tmp_path: Path
) -> None:
    studies = tmp_path / "studies.toml"
    studies.write_text('[[study]]\nname = "x"\nwhere = "agee > 3"\n')
    result = CliRunner().invoke(
        app, ["explore", "--home", str(home.path), "--studies", str(studies)]
    )
    assert isinstance(result.exception, SettingsError)
    assert "no feature 'agee'" in str(result.exception)


def test_with_a_guarantee_all_tell_together_with_noise(
    contract: Contract, hospitals: dict[str, Records], tmp_path: Path
) -> None:
    settings = run_settings(
        {
            "exploration": {"enabled": True},
            "join_timeout": 1,
            "privacy": {"guarantee": "differential", "epsilon": 60.0},
        },
        [],
        "test",
    )
    found = explore_in_process(contract, hospitals, settings)
    assert found.is_noised
    assert found.answered == ["east", "north", "south"]
    (together,) = found.hospitals.values()
    total = sum(SIZES.values())
    assert abs(together.patients - total) < 20 * found.deviation
    together.check(contract, 0)
    men = together.features["sex"].cells.counts[1]
    true = sum((each.table["sex"] == "male").sum() for each in hospitals.values())
    assert abs(men - true) < 8 * found.deviation + 0.05 * total
    text = write_report(found, tmp_path).read_text(encoding="utf-8")
    assert "3 hospitals together have about" in text
    assert "formal guarantee (" in text
    for absent in ("telling", "correlations", "case_mix", "studies"):
        assert f'id="{absent}"' not in text
