"""Ledgers on SQLite and on a real PostgreSQL, and what is written into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flwr.app import ConfigRecord, Message, RecordDict

from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.policy import policy_in_force
from shared.privacy.release import Release
from shared.session.simulated_hospital import identify
from tests.postgresql import new_database, program, running_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    if program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    found = Ledger(url, "test at localhost:1", "1.0 sha256:0")
    yield found
    found.close()


OpenGate = Callable[..., LedgerGate]


@pytest.fixture
def open_gate(tmp_path: Path) -> Iterator[OpenGate]:
    """Open the gate of a node whose policy has the given lines."""
    ledgers: list[Ledger] = []

    def start(*lines: str, url: str = "") -> LedgerGate:
        (tmp_path / "policy.toml").write_text("\n".join(lines) + "\n")
        ledgers.append(Ledger(url or f"sqlite:///{tmp_path / 'ledger.db'}", "test", "1.0"))
        return LedgerGate(tmp_path, ledgers[-1], policy_in_force(tmp_path / "policy.toml"))

    yield start
    for each in ledgers:
        each.close()


def noised(multiplier: float, rate: float = 1.0, sensitivity: float = 2.0**20) -> Release:
    return Release(
        run="7",
        question="train",
        purpose="step of the neural network",
        mechanism="discrete_gaussian",
        sensitivity=sensitivity,
        noise_multiplier=multiplier,
        sampling_rate=rate,
    )


def question(kind: str = "train") -> Message:
    identify(7)
    message = Message(RecordDict(), 1, kind)
    message.metadata.__dict__["_run_id"] = 7
    return message


def reply_to(message: Message, text: str = "3 rows") -> Message:
    return Message(RecordDict({"config": ConfigRecord({"answer": text})}), reply_to=message)
