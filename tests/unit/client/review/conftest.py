"""A desk at a small hospital, without a source: on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from client.privacy.tables import SCHEMA
from client.review.desk import Desk
from client.review.filling import as_items
from client.review.items import Concern, replace_items
from client.review.settings import ReviewSettings
from client.sources.loading import LoadedRecords
from shared.contract import Contract
from shared.records import Records
from tests.conftest import learnable_records
from tests.postgresql import new_database, program, running_postgresql

KEY = b"k" * 32


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    if program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as server:
        yield server


def opened(url: str) -> Iterator[Engine]:
    engine = SCHEMA.open(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    yield from opened(f"sqlite:///{tmp_path / 'node.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{tmp_path / 'node.db'}")
    else:
        yield from opened(new_database(request.getfixturevalue("postgresql")))


def loaded_of(records: Records, *, told_apart: bool = True) -> LoadedRecords:
    """Return records as if a source had given them."""
    pseudonyms = np.array([f"p{row}" for row in range(len(records))], dtype=object)
    return LoadedRecords(
        records=records,
        problems=[],
        rows_read=len(records),
        rows_set_aside=0,
        source="patients.csv",
        unmapped_features=[],
        rows=np.arange(2, len(records) + 2),
        pseudonyms=pseudonyms if told_apart else None,
    )


@pytest.fixture
def loaded(contract: Contract) -> LoadedRecords:
    return loaded_of(learnable_records(contract, 30, 3))


def diagnosis(row: int, suspicion: float = 0.9) -> Concern:
    return Concern(
        question="diagnosis",
        row=row,
        severity=1,
        suspicion=suspicion,
        models="local",
        probabilities={"none": 0.1, "grade_2": 0.9},
        suggested="grade_2",
        facts={"given": 0.1, "other": 0.9},
    )


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(contract: Contract, loaded: LoadedRecords, engine: Engine) -> OpenDesk:
    """Open a desk with a queue; without concerns, five questions about diagnoses."""

    def start(
        *concerns: Concern, readers: int = 1, engine: Engine = engine, rows: LoadedRecords = loaded
    ) -> Desk:
        asked = concerns or [diagnosis(row, 1 - row / 10) for row in range(5)]
        replace_items(engine, as_items(contract, rows, asked, KEY))
        settings = ReviewSettings.model_validate({"readers": readers})
        return Desk(contract, rows, KEY, engine, settings)

    return start
