"""Answers of no model in particular."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from client.audit import AuditStore, Prediction
from client.audit.vault import Vault
from client.privacy.tables import SCHEMA

KEY = bytes(range(32))
# In every input and output: the database may never show it.
SENTINEL = "Garcia1957"


def open_store(url: str, largest_group: int = 1) -> AuditStore:
    return AuditStore(
        SCHEMA.open(url), Vault(KEY), lambda number: f"hash of {number}", largest_group
    )


def prediction(**changes: object) -> Prediction:
    fields: dict[str, Any] = {
        "input": {"age": 63.0, "note": SENTINEL, "terms": ("HP:0001166", "HP:0000098")},
        "output": {
            "ranked": [
                {"code": "none", "name": SENTINEL, "probability": 0.75},
                {"code": "grade_1", "name": "One", "probability": 0.25},
            ],
            "prediction_set": ["none"],
            "enough_evidence": True,
        },
        "caller": "records system",
        "model": "run_7/boosted_trees",
        "model_digest": "d" * 64,
        "contract": "1.0.0",
        "request": "request 1",
        "latency": 0.0125,
    }
    return Prediction(**{**fields, **changes})


def fill(store: AuditStore, count: int = 5, **changes: object) -> list[Prediction]:
    found = [prediction(**changes) for _ in range(count)]
    for each in found:
        store.record(each)
    return found


def without_triggers(store: AuditStore, statement: str) -> None:
    """Do what an administrator of the database could do."""
    with store.engine.begin() as connection:
        if store.engine.dialect.name == "postgresql":
            for table in ("audit_entries", "audit_contents"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        else:
            wanted = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
            for name in connection.execute(text(wanted)).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))
