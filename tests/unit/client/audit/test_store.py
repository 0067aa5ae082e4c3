"""What is recorded is found again, and nobody reads it without the key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from client.audit import AuditQuery, AuditStore, AuditUnavailableError, BrokenAuditError, new_id
from client.audit.query import moment
from client.audit.vault import Vault, audit_key
from client.privacy.tables import metadata
from shared.errors import SettingsError
from tests.unit.client.audit.predictions import SENTINEL, fill, open_store, prediction


def test_the_migration_makes_the_tables(store: AuditStore) -> None:
    with store.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_answer_is_read_as_it_was_written(store: AuditStore) -> None:
    written = prediction(patient="a" * 64)
    store.record(written)
    read = store.get(written.id)
    assert read
    same = {"id", "time", "request", "caller", "patient", "model", "model_digest", "contract"}
    fields = asdict(read)
    assert {name: fields[name] for name in same} == {name: getattr(written, name) for name in same}
    assert read.latency == 0.0125
    assert read.input == {"age": 63.0, "note": SENTINEL, "terms": ["HP:0001166", "HP:0000098"]}
    assert read.output == written.output
    canonical = json.dumps(read.input, sort_keys=True, separators=(",", ":"))
    assert read.input_hash == hashlib.sha256(canonical.encode()).hexdigest()


def test_what_was_asked_and_answered_is_not_in_the_files(
    sqlite_store: AuditStore, tmp_path: Path
) -> None:
    fill(sqlite_store)
    sqlite_store.close()
    for file in tmp_path.iterdir():
        assert SENTINEL.encode() not in file.read_bytes()


def test_contents_are_read_under_their_own_key_and_name_only() -> None:
    sealed = Vault(bytes(32)).seal("one", {"age": 63})
    assert Vault(bytes(32)).open("one", sealed) == {"age": 63}
    for vault, name in ((Vault(bytes(32)), "other"), (Vault(b"k" * 32), "one")):
        with pytest.raises(BrokenAuditError, match="key is another one"):
            vault.open(name, sealed)


def test_two_answers_to_one_question_look_alike_nowhere() -> None:
    vault = Vault(bytes(32))
    assert vault.seal("one", {"age": 63}) != vault.seal("one", {"age": 63})


def test_the_key_is_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit"
    key = audit_key(path)
    assert audit_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="can read"):
        audit_key(path)


def test_answers_are_found_by_what_they_have_in_common(store: AuditStore) -> None:
    first = fill(store, 2, patient="p1", caller="ward", time="2021-11-01T08:00:00.000000+00:00")
    second = fill(store, 2, patient="p2", model="run_8/forest", model_digest="e" * 64)
    shadow = fill(store, 1, mode="shadow", beside=second[-1].id, model="run_%/x")
    for query, wanted in (
        (AuditQuery(), [*first, *second, *shadow]),
        (AuditQuery(patient="p1"), first),
        (AuditQuery(caller="ward"), first),
        (AuditQuery(model="run_8"), second),
        (AuditQuery(model="eee"), second),
        (AuditQuery(model="run_%"), shadow),
        (AuditQuery(mode="shadow"), shadow),
        (AuditQuery(until="2021-11-02"), first),
        (AuditQuery(since="2021-11-01T09:00:00+01:00", until="2021-11-01T09:00:01+01:00"), first),
        (AuditQuery(patient="p3"), []),
    ):
        assert [each.id for each in store.every(query)] == [each.id for each in wanted]


def test_a_time_without_a_zone_is_utc_and_a_word_is_none() -> None:
    assert moment("2021-11-30") == "2021-11-30T00:00:00.000000+00:00"
    assert moment("2021-11-30T01:00:00+01:00") == "2021-11-30T00:00:00.000000+00:00"
    with pytest.raises(SettingsError, match="no time"):
        moment("yesterday")


def test_pages_follow_each_other_without_gaps(store: AuditStore) -> None:
    # All at the same moment, so that the id alone has to tell them apart.
    written = fill(store, 7, time="2021-11-01T08:00:00.000000+00:00")
    for newest_first in (True, False):
        seen, after = [], ""
        while page := store.find(AuditQuery(), limit=3, after=after, newest_first=newest_first):
            seen += [each.id for each in page]
            after = page[-1].id
        wanted = [each.id for each in written]
        assert seen == (wanted[::-1] if newest_first else wanted)


def test_a_batch_is_written_as_a_whole_or_not_at_all(store: AuditStore) -> None:
    known = fill(store, 1)[0]
    with pytest.raises(AuditUnavailableError):
        store.record_many([prediction(), prediction(id=known.id)])
    assert len(store.find(AuditQuery())) == 1
    store.record_many([prediction(), prediction()])
    assert store.verify().entries == 3


def test_identifiers_grow_and_are_of_version_7() -> None:
    made = [new_id() for _ in range(2_000)]
    assert made == sorted(set(made))
    assert all(each[14] == "7" and each[19] in "89ab" for each in made)


def test_a_store_that_was_opened_again_goes_on(url: str) -> None:
    for _ in range(3):
        store = open_store(url)
        fill(store, 2)
        store.close()
    store = open_store(url)
    found = store.verify()
    assert (found.entries, found.chains) == (6 + 3, 4)
    store.close()
