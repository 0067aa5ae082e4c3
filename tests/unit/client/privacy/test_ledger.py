"""The chain, the triggers and several processes at once, on SQLite and PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from client.privacy.entry import BEGINNING, BrokenLedgerError, Entry
from client.privacy.ledger import Ledger
from client.privacy.tables import SCHEMA, metadata
from shared.errors import SettingsError
from tests.unit.client.privacy.conftest import noised

WRITE = """
import sys
from client.privacy.entry import Entry
from client.privacy.ledger import Ledger
ledger = Ledger(sys.argv[1], "test", "1.0")
for each in range(25):
    with ledger.writing() as opened:
        opened.append(Entry("spent", sys.argv[2], "train", str(each)))
"""


def fill(ledger: Ledger, count: int = 5) -> None:
    with ledger.writing() as opened:
        for each in range(count):
            opened.append(Entry.of_release("spent", noised(10.0 + each), 0.1 * each))


def without_triggers(ledger: Ledger, statement: str) -> None:
    """Do what an administrator of the database could do."""
    with ledger.engine.begin() as connection:
        if ledger.engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        else:
            for name in ("is_not_changed", "is_not_cut", "has_no_gaps"):
                connection.execute(text(f"DROP TRIGGER ledger_{name}"))
        connection.execute(text(statement))


def test_the_newest_revision_is_the_last_file(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        script = ScriptDirectory.from_config(SCHEMA.alembic_config(connection))
        assert script.get_current_head() == SCHEMA.newest
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_entries_are_read_as_they_were_written(ledger: Ledger) -> None:
    fill(ledger)
    entries = ledger.entries()
    assert [each.number for each in entries] == [1, 2, 3, 4, 5]
    assert entries[0].previous_hash == BEGINNING
    assert entries[4].noise_multiplier == 14.0
    assert entries[4].recipient == "test at localhost:1"
    last = ledger.verify()
    assert last == entries[4]


def test_an_empty_ledger_is_whole(ledger: Ledger) -> None:
    assert ledger.verify() is None


@pytest.mark.parametrize(
    ("statement", "first_broken"),
    [
        ("UPDATE ledger SET noise_multiplier = 99 WHERE number = 3", 3),
        ("UPDATE ledger SET epsilon = 0 WHERE number = 2", 2),
        ("UPDATE ledger SET run = 'other' WHERE number = 5", 5),
        ("DELETE FROM ledger WHERE number = 1", 1),
        ("DELETE FROM ledger WHERE number = 4", 4),
        ("UPDATE ledger SET number = number + 10 WHERE number = 5", 5),
    ],
)
def test_what_was_changed_is_named(ledger: Ledger, statement: str, first_broken: int) -> None:
    fill(ledger)
    without_triggers(ledger, statement)
    with pytest.raises(BrokenLedgerError, match=f"entry {first_broken} is not"):
        ledger.verify()


def test_an_entry_with_a_hash_of_its_own_breaks_the_next(ledger: Ledger) -> None:
    fill(ledger)
    forged = Entry.of_release("spent", noised(99.0), 0.0)
    forged = forged.after(ledger.entries()[1], ledger.entries()[2].time)
    without_triggers(
        ledger,
        "UPDATE ledger SET noise_multiplier = 99, epsilon = 0, recipient = '', code = '', "  # noqa: S608
        f"hash = '{forged.hash}' WHERE number = 3",
    )
    with pytest.raises(BrokenLedgerError, match="entry 4 is not"):
        ledger.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET epsilon = 0",
        "DELETE FROM ledger WHERE number = 5",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE number = 2",
        "TRUNCATE ledger",
    ],
)
def test_the_database_refuses_changes(ledger: Ledger, statement: str) -> None:
    only = {"INSERT": "sqlite", "TRUNCATE": "postgresql"}.get(statement.split()[0])
    if only not in (None, ledger.engine.dialect.name):
        pytest.skip("a statement of the other database")
    fill(ledger)
    before = ledger.entries()
    with pytest.raises(SQLAlchemyError, match="only grows"), ledger.engine.begin() as connection:
        connection.execute(text(statement))
    assert ledger.entries() == before


def test_a_block_that_fails_leaves_the_ledger_as_it_was(ledger: Ledger) -> None:
    fill(ledger)

    def fail() -> None:
        with ledger.writing() as opened:
            opened.append(Entry("spent", "7", "train"))
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert len(ledger.entries()) == 5
    fill(ledger, 1)
    assert ledger.verify() == ledger.entries()[5]


def test_processes_write_one_chain(ledger: Ledger, url: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, url, name], stderr=subprocess.PIPE, text=True
        )
        for name in ("first", "second")
    ]
    errors = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    last = ledger.verify()
    assert last is not None
    assert last.number == 50
    assert {each.run for each in ledger.entries()} == {"first", "second"}


def test_time_does_not_go_back(ledger: Ledger) -> None:
    fill(ledger, 1)
    later = "2099-01-01T00:00:00+00:00"
    placed = Entry("spent", "7", "train").after(Entry("spent", "7", "train", time=later), "2020")
    assert placed.time == later


def test_a_database_that_cannot_be_opened_is_named_without_its_url(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ledger cannot be opened") as caught:
        Ledger(f"sqlite:///{tmp_path}/no/such/folder/secret.db", "test", "1.0")
    assert "secret" not in str(caught.value)
    assert "ledger_url in node.toml" in caught.value.fix
