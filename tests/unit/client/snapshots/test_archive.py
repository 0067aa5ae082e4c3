"""Versions of records: kept encrypted, read back the same, compared, erased, thinned out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from client.snapshots.archive import Archive, Seen
from client.snapshots.comparing import compare
from shared.contract import Contract
from shared.errors import DataError, SettingsError
from shared.records import Records
from shared.run_settings import run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

KEY = bytes(range(32))
HASH = "0" * 64


def seen(records: Records, pseudonyms: list[str | None] | None = None) -> Seen:
    return Seen(records, pseudonyms, mapping=HASH, overlay="", source="patients.csv")


def archive_in(folder: Path, contract: Contract) -> Archive:
    def contract_of(found: str) -> Contract:
        assert found == contract.hash
        return contract

    return Archive(folder, KEY, contract_of)


@pytest.fixture
def records(contract: Contract) -> Records:
    return learnable_records(contract, 120, seed=5)


def test_records_come_back_as_they_were(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    persons = np.arange(120) // 2
    several = replace(records, patients=persons)
    archive = archive_in(tmp_path, contract)
    snapshot = archive.take(contract, seen(several, [f"{each:064x}" for each in persons]))
    found = archive.read(snapshot).records
    assert found.content_hash() == several.content_hash() == snapshot.records
    assert [found.table[name].dtype for name in found.table] == [
        several.table[name].dtype for name in several.table
    ]


def test_the_same_records_are_one_snapshot_and_a_small_change_one_piece(
    tmp_path: Path, contract: Contract
) -> None:
    many = learnable_records(contract, 9000, seed=1)
    archive = archive_in(tmp_path, contract)
    first = archive.take(contract, seen(many))
    assert archive.take(contract, seen(many)).name == first.name
    labels = many.labels.copy()
    labels[17] = "none" if labels[17] != "none" else "grade_1"
    second = archive.take(contract, seen(replace(many, labels=labels)))
    assert second.name != first.name
    assert len(set(second.chunks) - set(first.chunks)) == 1
    assert [each.name for each in archive.all()] == [first.name, second.name]


def test_nothing_of_a_patient_can_be_read_in_the_folder(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    archive = archive_in(tmp_path, contract)
    archive.take(contract, seen(records, ["SENTINEL-PSEUDONYM"] * 120))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"SENTINEL" not in content
            assert b"grade_1" not in content
            assert path.stat().st_mode & 0o077 == 0


def test_a_changed_piece_or_another_key_is_refused(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    archive = archive_in(tmp_path, contract)
    snapshot = archive.take(contract, seen(records))
    stranger = Archive(tmp_path, bytes(32), lambda _hash: contract)
    with pytest.raises(DataError, match="changed"):
        stranger.read(snapshot)
    piece = tmp_path / "chunks" / snapshot.chunks[0]
    whole = piece.read_bytes()
    piece.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DataError, match="changed"):
        archive.read(snapshot)
    piece.unlink()
    with pytest.raises(DataError, match="gone"):
        archive.read(snapshot)


def test_an_erased_patient_is_in_no_snapshot(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    archive = archive_in(tmp_path, contract)
    persons = [f"p{each // 3}" for each in range(120)]
    several = replace(records, patients=np.arange(120) // 3)
    name = archive.take(contract, seen(several, list(persons))).name
    before = {each.name for each in (tmp_path / "chunks").iterdir()}
    assert archive.erase("p7") == 3
    assert archive.erase("p7") == 0
    left = archive.find(name)
    assert (left.rows, left.erased) == (117, 3)
    found = archive.read(left).records
    kept = several.take(np.flatnonzero(np.array(persons) != "p7"))
    assert found.content_hash() == kept.content_hash()
    # What held the patient is gone from the disk.
    assert not before <= {each.name for each in (tmp_path / "chunks").iterdir()}


def test_a_difference_counts_rows_and_says_which_feature_moved(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    archive = archive_in(tmp_path, contract)
    names = [f"p{each}" for each in range(120)]
    first = archive.take(contract, seen(records.take(np.arange(110)), list(names[:110])))
    later = records.take(np.arange(10, 120))
    table = later.table.copy()
    table["cholesterol"] = table["cholesterol"] * 1.5
    known = int(later.table["cholesterol"].iloc[:100].notna().sum())
    second = archive.take(contract, seen(replace(later, table=table), list(names[10:])))
    found = compare(contract, archive.read(first), archive.read(second))
    assert (found.came, found.went) == (10, 10)
    assert (found.changed, found.same) == (known, 100 - known)
    assert found.features[0].feature == ""
    assert found.features[1].feature == "cholesterol"
    assert found.features[1].changed == known
    assert found.features[1].distance > 2 * found.features[2].distance


def test_old_snapshots_go_but_for_the_one_in_use(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    archive = archive_in(tmp_path, contract)
    used = archive.take(contract, seen(records))
    archive.take(contract, seen(records.take(np.arange(50))))
    archive.pin(used)
    assert archive.remove_older(days=-1) == 1
    assert [each.name for each in archive.all()] == [used.name]
    archive.read(used)
    archive.pin(None)
    assert archive.remove_older(days=-1) == 1
    assert not list((tmp_path / "chunks").iterdir())


def test_a_name_that_fits_none_or_several_is_refused(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    archive = archive_in(tmp_path, contract)
    archive.take(contract, seen(records))
    for wrong in ("", "zzz"):
        with pytest.raises(SettingsError, match="name"):
            archive.find(wrong)


def test_a_run_on_an_old_snapshot_gives_the_same_model(
    tmp_path: Path, contract: Contract, records: Records
) -> None:
    settings = run_settings(
        {
            "models": ["boosted_trees", "neural_network"],
            "compare_alone": False,
            "minimum_hospitals": 1,
            "neural_network": {"rounds": 3},
            "boosted_trees": {"rounds": 1, "trees_per_round": 3},
        },
        [],
        "test",
    )
    archive = archive_in(tmp_path, contract)
    snapshot = archive.take(contract, seen(records))
    then = run_in_process(contract, {"north": records}, settings)
    now = run_in_process(contract, {"north": archive.read(snapshot).records}, settings)
    for name, arrays in then.models.items():
        for part, array in arrays.items():
            np.testing.assert_array_equal(now.models[name][part], array)
