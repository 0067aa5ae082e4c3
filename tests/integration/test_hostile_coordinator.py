"""What a coordinator that lies gets from a hospital that is real: a policy, a budget, a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message, RecordDict

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.policy import policy_in_force
from shared.contract import Contract
from shared.privacy.sum_question import SumHeader
from shared.privacy.summary_vector import vector_of
from shared.questions import (
    ARRAYS_KEY,
    CONFIG_KEY,
    EXCHANGE_KEYS,
    HEADER_FIELD,
    PART_OF_SUM,
    PRIVATE_SUM,
    SUMMARISE,
    Question,
    question_record,
    read_arrays,
)
from shared.run_settings import RunSettings, run_settings
from shared.secret_sum.key_exchange import KeysHeader
from shared.secret_sum.question import SecretQuestion
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.secret_identities import secret_identities
from tests.conftest import learnable_records

NODE = 1
PROMISED = {"guarantee": "differential", "epsilon": 1.0, "summary": "classes"}


class Coordinator:
    """Asks one hospital whatever it likes."""

    def __init__(self, grid: InProcessGrid, contract: Contract) -> None:
        self._grid = grid
        self._contract = contract

    def ask(self, kind: str, header: object, settings: RunSettings) -> Message:
        """Return the hospital's answer, or its refusal."""
        question = Question(contract_hash=self._contract.hash, settings=settings)
        config: ConfigRecord = question_record(question)
        if isinstance(header, SumHeader | KeysHeader):
            config[HEADER_FIELD] = header.model_dump_json()
        messages = [Message(RecordDict({CONFIG_KEY: config}), NODE, kind)]
        return next(iter(self._grid.send_and_receive(messages)))


def settings(**privacy: object) -> RunSettings:
    return run_settings({"privacy": {**PROMISED, **privacy}}, [], "test")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "test", "1.0")
    yield found
    found.close()


@pytest.fixture
def coordinator(contract: Contract, ledger: Ledger, tmp_path: Path) -> Iterator[Coordinator]:
    gate = LedgerGate(tmp_path, ledger, policy_in_force(tmp_path / "policy.toml"))
    records = learnable_records(contract, 60, 1)
    hospital = Hospital("north", contract, lambda: LocalRecords(records), gate)
    hospital.secret_sums = secret_identities(["north"])["north"].taking_part()
    app = create_client_app(lambda _context: hospital)
    with InProcessGrid({NODE: SimulatedHospital(app)}) as grid:
        yield Coordinator(grid, contract)


def summary_header(noise: float, secret: SecretQuestion | None = None) -> SumHeader:
    return SumHeader(purpose="summary", noise_multiplier=noise, secret=secret)


@pytest.mark.parametrize("noise", [1e-9, 0.01, 0.1])
def test_asking_for_little_noise_is_refused_by_the_budget(
    coordinator: Coordinator, ledger: Ledger, noise: float
) -> None:
    answer = coordinator.ask(PRIVATE_SUM, summary_header(noise), settings())
    assert answer.has_error()
    assert "epsilon" in answer.error.reason
    assert [each.state for each in ledger.entries()] == ["refused"]


def test_repeating_a_question_averages_nothing_away_beyond_the_budget(
    coordinator: Coordinator, contract: Contract
) -> None:
    """The mean of all answers before the refusal is still as noisy as the budget says."""
    answers = []
    for _ in range(400):
        answer = coordinator.ask(PRIVATE_SUM, summary_header(3.0), settings())
        if answer.has_error():
            break
        answers.append(read_arrays(answer.content[ARRAYS_KEY])[PART_OF_SUM])
    else:
        pytest.fail("no budget ended it")
    assert "epsilon" in answer.error.reason
    assert len(answers) > 2
    # At epsilon 8 and delta 1e-5 one release would need noise of about 0.6 sensitivities.
    assert 3.0 / np.sqrt(len(answers)) > 0.55
    size = vector_of(contract, settings().privacy).size
    spread = np.std([each[:size] for each in answers], axis=0).mean()
    assert spread == pytest.approx(3.0, rel=0.35)


def test_asking_without_a_guarantee_is_refused_by_a_new_node(coordinator: Coordinator) -> None:
    answer = coordinator.ask(SUMMARISE, None, run_settings({}, [], "test"))
    assert answer.has_error()
    assert "formal_privacy_required" in answer.error.reason


def test_a_sum_with_noise_outside_of_such_a_run_is_refused(coordinator: Coordinator) -> None:
    answer = coordinator.ask(PRIVATE_SUM, summary_header(5.0), run_settings({}, [], "test"))
    assert answer.has_error()


def test_a_secret_sum_of_too_few_hospitals_is_refused(coordinator: Coordinator) -> None:
    invented = secret_identities(["north", "invented"])["invented"].taking_part()
    asked = coordinator.ask(EXCHANGE_KEYS, KeysHeader(run="a run"), settings())
    assert not asked.has_error()
    offers = [invented.begin("a run", 2).offer]
    answer = coordinator.ask(EXCHANGE_KEYS, KeysHeader(run="a run", offers=offers), settings())
    # Another authority certified the invented hospital.
    assert "invented" in str(answer.content.config_records[CONFIG_KEY])
    secret = SecretQuestion(run="a run", question="summary", members=("invented", "north"))
    refused = coordinator.ask(PRIVATE_SUM, summary_header(5.0, secret), settings())
    assert refused.has_error()
    assert "a sum of 2 hospitals" in refused.error.reason


@pytest.mark.parametrize(("lines", "allowed"), [("", 1), ("assumed_honest = 4", 4)])
def test_less_noise_than_the_policy_counts_on_is_refused(
    coordinator: Coordinator, tmp_path: Path, lines: str, allowed: int
) -> None:
    """Else a coordinator could say that a thousand others add the rest."""
    (tmp_path / "policy.toml").write_text(lines + "\n")
    answer = coordinator.ask(PRIVATE_SUM, summary_header(5.0), settings(assumed_honest=1000))
    assert answer.has_error()
    assert f"on that of {allowed}" in answer.error.reason
    # Alone, nobody adds the rest.
    alone = coordinator.ask(PRIVATE_SUM, summary_header(5.0), settings(assumed_honest=4))
    assert alone.has_error()
    assert "assumed_honest" in alone.error.reason
