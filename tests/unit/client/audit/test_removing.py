"""Contents go when a patient is erased or time has passed; the chains stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from client.audit import AuditQuery, AuditStore, BrokenAuditError, removing
from client.audit.tables import contents
from client.privacy.policy import Policy, read_policy
from shared.errors import SettingsError
from tests.unit.client.audit.predictions import fill, open_store, without_triggers


def test_an_erased_patient_is_gone_and_the_chain_is_whole(store: AuditStore) -> None:
    gone = fill(store, 3, patient="p1")
    kept = fill(store, 2, patient="p2")
    assert store.erase("p1") == 3
    assert store.erase("p1") == 0
    assert store.erase("") == 0
    assert [each.id for each in store.every(AuditQuery(patient="p1"))] == []
    left = store.get(gone[0].id)
    assert left
    assert (left.input, left.output, left.patient, left.input_hash) == (None, None, "", "")
    assert left.caller == gone[0].caller
    whole = store.get(kept[0].id)
    assert whole
    assert whole.input
    assert store.verify().removed == 3


def test_nothing_of_the_erased_is_left_in_the_files(
    sqlite_store: AuditStore, tmp_path: Path
) -> None:
    fill(sqlite_store, 3, patient="p1")
    with sqlite_store.engine.connect() as connection:
        sealed = connection.execute(contents.select()).mappings().all()
    sqlite_store.erase("p1")
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for row in sealed:
        assert row["sealed"][:64] not in written


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")


def test_what_was_kept_for_long_enough_goes(
    url: str, store: AuditStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "_AT_ONCE", 3)
    fill(store, 4, time=ago(400))
    recent = fill(store, 2, time=ago(100))
    other = open_store(url)
    fill(other, 4, time=ago(300))
    assert store.remove_older(200) == 8
    assert store.remove_older(200) == 0
    left = [each.id for each in store.every(AuditQuery()) if each.input]
    assert left == [each.id for each in recent]
    assert store.verify().removed == 8
    other.close()


def test_a_removal_that_nobody_wrote_down_shows(store: AuditStore) -> None:
    fill(store, 3, patient="p1")
    store.erase("p1")
    fill(store, 3, patient="p2")
    without_triggers(store, "DELETE FROM audit_contents WHERE patient = 'p2'")
    with pytest.raises(BrokenAuditError, match="6 entries are gone, and 3 were removed"):
        store.verify()


def test_less_than_six_months_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("keep_predictions_days = 183\n")
    with pytest.raises(SettingsError, match="EU AI Act"):
        read_policy(path)
    path.write_text("keep_predictions_days = 184\n")
    assert read_policy(path).keep_predictions_days == 184
    assert Policy().keep_predictions_days == 3650
