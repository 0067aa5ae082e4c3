"""Whole runs in which one hospital is a real one: policy, budget, pause, ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flwr.app import Message, RecordDict

from client import answers
from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.accounting import Counts, epsilon_of, kind_of
from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.pause import pause
from client.privacy.policy import policy_in_force
from server.federation import Federation
from server.federation_result import FederationResult
from server.rounds import RoundRecord
from shared.contract import Contract
from shared.privacy.release import Release
from shared.run_settings import run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.silence import Silent
from tests.conftest import learnable_records

NAMES = {1: "north", 2: "south", 3: "guarded"}
SETTINGS = run_settings(
    {
        "models": ["neural_network"],
        "neural_network": {"rounds": 6, "local_epochs": 1},
        "minimum_hospitals": 2,
        "join_timeout": 1,
    },
    [],
    "test",
)
Run = Callable[..., FederationResult]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "test", "1.0")
    yield found
    found.close()


@pytest.fixture
def run(contract: Contract, ledger: Ledger, tmp_path: Path) -> Run:
    """Carry out a run in which the third hospital has the given lines in its policy."""

    def start(*lines: str, observer: Silent | None = None) -> FederationResult:
        (tmp_path / "policy.toml").write_text("\n".join(lines) + "\n")
        gate = LedgerGate(tmp_path, ledger, policy_in_force(tmp_path / "policy.toml"))
        nodes = {
            node: SimulatedHospital(
                create_client_app(opening(name, contract, gate if name == "guarded" else None))
            )
            for node, name in NAMES.items()
        }
        with InProcessGrid(nodes) as grid:
            return Federation(grid, NAMES, contract, SETTINGS, observer or Silent()).run()

    return start


def opening(name: str, contract: Contract, gate: LedgerGate | None) -> Callable[..., Hospital]:
    records = learnable_records(contract, 60, len(name))
    hospital = Hospital(name, contract, lambda: LocalRecords(records), gate)
    return lambda _context: hospital


def test_a_new_node_is_left_out_of_a_run_without_guarantee(run: Run, ledger: Ledger) -> None:
    found = run()
    assert "formal_privacy_required" in found.left_out["guarded"]
    assert set(found.federated) == {"north", "south"}
    assert [each.state for each in ledger.entries()] == ["refused"] * len(ledger.entries())
    assert ledger.entries()


def test_every_answer_is_in_the_ledger(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    found = run("formal_privacy_required = false")
    assert not found.left_out
    entries = ledger.entries()
    spent = [each for each in entries if each.state == "spent"]
    sent = [each for each in entries if each.state == "sent"]
    assert [each.question for each in spent] == [record.question for record in found.rounds]
    assert [each.releases for each in sent] == [[each.number] for each in spent]
    assert {each.mechanism for each in spent} == {"none"}
    assert len({each.run for each in entries}) == 1
    for each in sent:
        payload = (tmp_path / "egress" / f"{each.number}.message").read_bytes()
        assert (len(payload), hashlib.sha256(payload).hexdigest()) == (each.size, each.digest)
    assert ledger.verify() == entries[-1]


def test_who_would_overspend_is_left_out_and_the_run_goes_on(
    run: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = answers.train_model

    def spending(hospital: Hospital, message: Message) -> RecordDict:
        hospital.gate.spend(release(str(message.metadata.run_id)))
        return train(hospital, message)

    monkeypatch.setattr(answers, "train_model", spending)
    three = epsilon_of(Counts({kind_of(release("")): 3}), 1e-5)
    found = run("formal_privacy_required = false", f"epsilon = {three + 0.01}")
    assert f"of {three + 0.01:g}" in found.left_out["guarded"]
    rounds = [record for record in found.rounds if record.model]
    assert [("guarded" in record.answered) for record in rounds] == [True] * 3 + [False] * 3
    assert len(rounds[-1].answered) == 2
    noised = [each for each in ledger.entries() if each.mechanism == "discrete_gaussian"]
    assert [each.state for each in noised][:4] == ["spent"] * 3 + ["refused"]
    assert noised[2].epsilon >= three * 0.999


def release(run: str) -> Release:
    return Release(
        run=run,
        question="train",
        purpose="step",
        mechanism="discrete_gaussian",
        sensitivity=2.0**20,
        noise_multiplier=8.0,
    )


def test_a_pause_leaves_the_hospital_out_from_then_on(
    run: Run, ledger: Ledger, tmp_path: Path
) -> None:
    class Pausing(Silent):
        def answered(self, record: RoundRecord) -> None:
            if record.number == 2:
                pause(tmp_path)

    found = run("formal_privacy_required = false", observer=Pausing())
    assert "paused" in found.left_out["guarded"]
    rounds = [record for record in found.rounds if record.model]
    assert [("guarded" in record.answered) for record in rounds] == [True] * 2 + [False] * 4
    states = [each.state for each in ledger.entries()]
    assert "sent" not in states[states.index("refused") :]
