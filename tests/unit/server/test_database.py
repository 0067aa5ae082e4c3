"""The coordinator's tables on SQLite and on a real PostgreSQL: made, upgraded, used."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from server.database import SCHEMA, metadata, open_database
from server.rounds import RoundRecord
from server.run_store import RunStore
from server.storing_observer import StoringObserver
from shared.database import locked
from shared.errors import SettingsError
from shared.processes import wait_until
from shared.run_settings import RunSettings
from tests.postgresql import new_database, program, running_postgresql

RECORD = RoundRecord(
    question="train",
    model="neural_network",
    number=1,
    invited=["north", "south"],
    answered=["north"],
    left_out={"south": "its node cannot be reached any more"},
    without_stream={"north": "opened no stream within 5 s"},
    seconds=1.5,
    bytes_sent=5_000_000_000,
    bytes_received=7,
    loss=0.25,
)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    if program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'coordinator.db'}"
    return new_database(request.getfixturevalue("postgresql"))


def at_revision(url: str, revision: str) -> None:
    """Make a database as an earlier release did."""
    engine = create_engine(url)
    with locked(engine) as connection:
        command.upgrade(SCHEMA.alembic_config(connection), revision)
    engine.dispose()


def test_the_newest_revision_is_the_last_file(url: str) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(SCHEMA.alembic_config(connection))
        assert script.get_current_head() == SCHEMA.newest
        # Nothing that autogeneration would still have to add or change.
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_what_an_earlier_release_wrote_is_kept(url: str) -> None:
    at_revision(url, SCHEMA.first)
    engine = create_engine(url)
    asked = json.dumps(["north", "south"])
    with engine.begin() as connection:
        # The first release wrote down no revision.
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(
            text(
                "INSERT INTO rounds VALUES ('run-0001', 1, 'train', 'neural_network', 1, :asked,"
                " :asked, '{}', 2.5, 0.5)"
            ),
            {"asked": asked},
        )
    engine.dispose()
    engine = open_database(url)
    (record,) = RunStore(engine).rounds("run-0001")
    assert record.invited == ["north", "south"]
    assert record.answered == ["north", "south"]
    assert record.seconds == 2.5
    assert record.bytes_sent == 0
    assert record.without_stream == {}
    engine.dispose()


def test_a_newer_release_is_not_overwritten(url: str) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SettingsError, match="newer release"):
        open_database(url)


def test_a_failed_upgrade_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at_revision(url, SCHEMA.first)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("alembic.operations.batch.BatchOperationsImpl.add_column", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        open_database(url)
    monkeypatch.undo()
    engine = create_engine(url)
    columns = {each["name"] for each in inspect(engine).get_columns("rounds")}
    assert "asked" in columns
    engine.dispose()
    open_database(url).dispose()


def test_processes_that_open_it_at_once_all_succeed(url: str) -> None:
    code = "import sys; from server.database import open_database; open_database(sys.argv[1])"
    started = [
        subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors


def test_a_run_and_its_rounds_are_read_back(url: str) -> None:
    engine = open_database(url)
    store = RunStore(engine)
    run = store.create(RunSettings(seed=3), "c" * 64)
    observer = StoringObserver(store, run)
    observer.asked("train", "neural_network", 1, RECORD.invited)
    observer.answered(RECORD)
    amended = RECORD.model_copy(update={"answered": [], "loss": None})
    observer.answered(amended)
    assert store.rounds(run) == [amended]
    # Another process that goes on with the run adds to what is there.
    later = StoringObserver(store, run)
    later.asked("train", "neural_network", 2, RECORD.invited)
    later.answered(RECORD)
    assert store.rounds(run) == [amended, RECORD]
    store.finish(run, "failed", "killed")
    store.reopen(run)
    assert store.read(run).status == "starting"
    assert store.read(run).ended_at is None
    assert store.read(run).settings.seed == 3
    engine.dispose()


def test_a_long_round_is_announced_and_a_short_one_is_not(url: str) -> None:
    engine = open_database(url)
    store = RunStore(engine)
    run = store.create(RunSettings(), "c" * 64)
    observer = StoringObserver(store, run)
    observer.asked("train", "neural_network", 1, ["north"])
    observer.answered(RECORD)
    observer.asked("train", "neural_network", 2, ["north"])
    announced = "neural_network round 2: 1 hospitals asked"
    assert wait_until(lambda: store.read(run).message != "starting", 10)
    assert store.read(run).message == announced
    engine.dispose()
