"""Confirmed diagnoses of the heart contract over an audit store on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from client.audit import AuditStore, Prediction
from client.confirmations import Confirmation, Confirmations
from shared.contract import Contract
from tests.unit.client.audit.predictions import open_store, prediction

Answer = Callable[..., Prediction]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AuditStore]:
    found = open_store(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield found
    found.close()


@pytest.fixture
def confirmations(store: AuditStore, contract: Contract) -> Confirmations:
    return Confirmations(store, contract)


@pytest.fixture
def answer(store: AuditStore) -> Answer:
    """Record an answer that gives the named classes these probabilities."""

    def record(*probabilities: tuple[str, float], **changes: Any) -> Prediction:  # noqa: ANN401
        ordered = sorted(probabilities or (("none", 1.0),), key=lambda each: -each[1])
        output = {
            "ranked": [{"code": code, "probability": value} for code, value in ordered],
            "prediction_set": [ordered[0][0]],
            "enough_evidence": ordered[0][1] > 0.5,
        }
        made = prediction(**{"output": output, **changes})
        store.record(made)
        return made

    return record


def said(code: str, **changes: Any) -> Confirmation:  # noqa: ANN401
    return Confirmation(**{"code": code, "who": "ada", **changes})
