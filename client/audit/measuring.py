"""How many answers a second a node's disk takes."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from client.audit.prediction import Prediction
from client.audit.store import AuditStore
from client.audit.vault import KEY_BYTES, Vault
from client.privacy.tables import SCHEMA

# As many as requests wait at a busy node, and half as many again.
WAITING = 12
FEATURES, DISEASES = 40, 20


@dataclass(frozen=True)
class Measured:
    """Answers a second, each on the disk before it would be given.

    Attributes
    ----------
    one_by_one : float
        One that asks, each answer with a commit of its own.
    waiting : float
        `WAITING` that ask at once, each answer with a commit of its own.
    in_groups : float
        The same with one commit for those that wait.
    milliseconds_middle, milliseconds_most : float
        For one answer of the first: half and 99% are faster.
    """

    one_by_one: float
    waiting: float
    in_groups: float
    milliseconds_middle: float
    milliseconds_most: float


def measure(folder: Path, answers: int) -> Measured:
    """Write answers into a database of its own in a folder, and take it away again.

    Parameters
    ----------
    answers : int
        Of each of the three kinds.
    """
    with tempfile.TemporaryDirectory(prefix=".measure-", dir=folder) as own:
        seconds = _one_by_one(Path(own) / "one.db", answers)
        waiting = _at_once(Path(own) / "waiting.db", answers, 1)
        in_groups = _at_once(Path(own) / "groups.db", answers, WAITING)
    ordered = sorted(seconds)
    return Measured(
        one_by_one=answers / sum(seconds),
        waiting=waiting,
        in_groups=in_groups,
        milliseconds_middle=1e3 * ordered[answers // 2],
        milliseconds_most=1e3 * ordered[min(answers - 1, answers * 99 // 100)],
    )


def _one_by_one(path: Path, answers: int) -> list[float]:
    store = _store(path, 1)
    try:
        return [_seconds(lambda: store.record(_answer())) for _ in range(answers)]
    finally:
        store.close()


def _at_once(path: Path, answers: int, largest_group: int) -> float:
    store = _store(path, largest_group)

    def ask() -> None:
        for _ in range(answers // WAITING):
            store.record(_answer())

    threads = [threading.Thread(target=ask) for _ in range(WAITING)]

    def ask_all() -> None:
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    try:
        return answers // WAITING * WAITING / _seconds(ask_all)
    finally:
        store.close()


def _store(path: Path, largest_group: int) -> AuditStore:
    engine = SCHEMA.open(URL.create("sqlite", database=str(path)))
    return AuditStore(engine, Vault(secrets.token_bytes(KEY_BYTES)), str, largest_group)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _answer() -> Prediction:
    ranked = [
        {
            "code": f"OMIM:{place:06}",
            "name": f"Disease number {place}",
            "probability": 1 / (place + 2),
            "training_cases": place,
            "in_set": place < 3,
        }
        for place in range(DISEASES)
    ]
    return Prediction(
        input={f"feature_{place}": place / 7 for place in range(FEATURES)},
        output={"ranked": ranked, "coverage": 0.9, "prediction_set": [], "enough_evidence": True},
        caller="measure",
        model="run/boosted_trees",
        model_digest="0" * 64,
        contract="1.0.0",
        patient=secrets.token_hex(32),
    )
