"""Whatever is changed in the database shows."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from client.audit import AuditStore, BrokenAuditError
from client.audit.entry import COMMON_CHAIN
from tests.unit.client.audit.predictions import fill, open_store, without_triggers

CHANGES = {
    "another caller": "UPDATE audit_entries SET caller = 'nobody' WHERE number = 3",
    "another model": "UPDATE audit_entries SET model = 'other' WHERE number = 1",
    "another time": "UPDATE audit_entries SET time = '2020' WHERE number = 5",
    "an entry less": "DELETE FROM audit_entries WHERE number = 3",
    "a chain less": "DELETE FROM audit_entries WHERE chain <> 'heads'",
    "a cut end": "DELETE FROM audit_entries WHERE number = 5 AND chain <> 'heads'",
    "other contents": "UPDATE audit_contents SET sealed = (SELECT sealed FROM audit_contents "
    "WHERE number = 1) WHERE number = 2",
    "contents less": "DELETE FROM audit_contents WHERE number = 2",
    "another patient": "UPDATE audit_contents SET patient = 'p2' WHERE number = 2",
    "contents more": "INSERT INTO audit_contents VALUES ('heads', 1, NULL, 'x')",
    "other ends": "UPDATE audit_entries SET detail = '{}' WHERE chain = 'heads'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_shows(store: AuditStore, change: str) -> None:
    fill(store, patient="p1")
    store.bind()
    assert store.verify().entries == 6
    without_triggers(store, change)
    with pytest.raises(BrokenAuditError):
        store.verify()


def test_an_end_that_was_cut_off_with_its_head_shows_against_the_head_kept_elsewhere(
    store: AuditStore,
) -> None:
    fill(store)
    kept = store.bind()
    assert kept
    store.refuse_unknown_head(kept.hash)
    without_triggers(store, "DELETE FROM audit_contents WHERE number > 3")
    without_triggers(store, "DELETE FROM audit_entries WHERE number > 3 OR chain = 'heads'")
    store.verify()
    with pytest.raises(BrokenAuditError, match="cut off"):
        store.refuse_unknown_head(kept.hash)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET caller = 'nobody'",
        "DELETE FROM audit_entries",
        "UPDATE audit_contents SET patient = 'p2'",
    ],
)
def test_the_database_refuses_changes(store: AuditStore, statement: str) -> None:
    fill(store)
    with pytest.raises(SQLAlchemyError, match="only added"), store.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE number = 1",
        "INSERT OR REPLACE INTO audit_contents SELECT * FROM audit_contents WHERE number = 1",
    ],
)
def test_sqlite_replaces_nothing(sqlite_store: AuditStore, statement: str) -> None:
    fill(sqlite_store)
    with (
        pytest.raises(SQLAlchemyError, match="only added"),
        sqlite_store.engine.begin() as connection,
    ):
        connection.execute(text(statement))


def test_each_process_has_a_chain_and_a_head_lists_them(url: str) -> None:
    stores = [open_store(url), open_store(url)]
    for store in stores:
        fill(store, 2)
    head = stores[0].bind()
    assert head
    assert stores[1].bind() == head == stores[1].head() == stores[1].head(head.time[:10])
    assert stores[0].head("2020-01-01") is None
    with stores[0].engine.connect() as connection:
        wanted = text("SELECT detail FROM audit_entries WHERE chain = :chain")
        detail = json.loads(connection.execute(wanted, {"chain": COMMON_CHAIN}).scalar_one())
    assert sorted(end[0] for end in detail.values()) == [2, 2]
    fill(stores[1], 1)
    later = stores[0].bind()
    assert later
    assert later.number == 2
    found = stores[0].verify()
    assert (found.entries, found.chains, found.head) == (7, 3, later)
    for store in stores:
        store.close()


def test_an_empty_store_is_whole(store: AuditStore) -> None:
    assert store.bind() is None
    assert store.head() is None
    assert store.verify().entries == 0
