"""Who a row is about is known as a pseudonym, and only whether two rows are about the same."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.sources import load_records
from client.sources.pseudonyms import patient_key, pseudonym, with_pseudonyms
from client.sources.raw_table import RawTable, consecutive_rows
from shared.errors import DataError, SettingsError
from shared.records import Records
from tests.unit.client.small_hospital import (
    CONTRACT,
    ROWS,
    SENTINEL,
    mapping,
    rows,
    write,
    write_mapping,
    write_parquet,
    write_sqlite,
)

SEVERAL = {"patient_rows": "several"}


def loaded(path: Path, key: bytes = b"k" * 32) -> Records:
    return load_records(CONTRACT, path, patient_key=key).records


def test_rows_of_one_person_are_known_and_who_it_is_is_not(tmp_path: Path) -> None:
    cells = rows(id=[SENTINEL, "11", f" {SENTINEL}", "12"])
    records = loaded(write(tmp_path, mapping(rows=SEVERAL), cells))
    assert records.persons().tolist() == [0, 1, 0, 2]
    assert SENTINEL not in records.table.to_csv() + repr(records)


@pytest.mark.parametrize("writer", [write_parquet, write_sqlite])
def test_numbers_are_the_same_person_however_a_source_delivers_them(
    tmp_path: Path, writer: Callable[..., Path]
) -> None:
    table = pd.DataFrame(ROWS).assign(id=[10.0, 11, 10, 12])
    records = loaded(writer(tmp_path, table, mapping(rows=SEVERAL)))
    assert records.persons().tolist() == [0, 1, 0, 2]


def test_the_key_does_not_change_which_rows_belong_together(tmp_path: Path) -> None:
    path = write(tmp_path, mapping(rows=SEVERAL), rows(id=["9", "8", "9", "7"]))
    first, second = loaded(path, b"a" * 32), loaded(path, b"b" * 32)
    assert first.content_hash() == second.content_hash()
    assert first.content_hash() == load_records(CONTRACT, path).records.content_hash()


def test_persons_are_numbered_anew_where_rows_are_set_aside(tmp_path: Path) -> None:
    content = mapping(rows={**SEVERAL, "bad_rows": "set_aside"})
    cells = rows(id=["9", "8", "7", "8"], years=[SENTINEL, "1", "1", "1"])
    assert loaded(write(tmp_path, content, cells)).persons().tolist() == [0, 1, 0]


def test_a_row_of_nobody_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, mapping(rows=SEVERAL), rows(id=["9", "", "9", "?"]))
    with pytest.raises(DataError) as caught:
        loaded(path)
    assert [problem.row for problem in caught.value.problems] == [3, 5]


def test_one_row_for_each_patient_is_what_is_expected_otherwise(tmp_path: Path) -> None:
    assert loaded(write(tmp_path)).patients is None
    with pytest.raises(DataError) as caught:
        loaded(write(tmp_path, cells=rows(id=["9", "8", "9", "7"])))
    assert 'patient_rows = "several"' in caught.value.problems[0].fix


def test_several_rows_need_a_column_that_tells_patients_apart(tmp_path: Path) -> None:
    content = mapping(rows=SEVERAL)
    del content["rows"]["patient"]
    with pytest.raises(SettingsError, match="which column tells whose"):
        loaded(write_mapping(tmp_path, content))


def test_a_pseudonym_is_hmac_sha256_of_the_one_spelling() -> None:
    table = RawTable(pd.DataFrame({"id": [" 12.0", None, "?"]}), consecutive_rows(3), 3)
    hidden = with_pseudonyms(table, "id", frozenset({"", "?"}), b"key").cells["id"].tolist()
    assert hidden == [hmac.new(b"key", b"12", hashlib.sha256).hexdigest(), None, None]
    assert pseudonym(b"key", "12") == hidden[0] != pseudonym(b"other", "12")
    assert with_pseudonyms(table, None, frozenset(), b"key") is table


def test_validation_sees_pseudonyms_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from client import validation

    seen: list[RawTable] = []
    check = validation.validate

    def watched(*given: object, **named: object) -> validation.Validation:
        seen.append(given[2])  # type: ignore[arg-type]
        return check(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(validation, "validate", watched)
    loaded(write(tmp_path, cells=rows(id=[SENTINEL, "8", "9", "7"])))
    assert SENTINEL not in seen[0].cells.to_csv()


def test_a_nodes_key_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    file = tmp_path / "patients"
    key = patient_key(file)
    assert len(key) == 32
    assert patient_key(file) == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["patients"]
    assert patient_key(tmp_path / "other") != key


def test_a_key_that_others_read_or_that_is_broken_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "patients"
    patient_key(file)
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="can read"):
        patient_key(file)
    file.write_bytes(b"short")
    file.chmod(0o600)
    with pytest.raises(SettingsError, match="is no key"):
        patient_key(file)


def test_persons_reach_the_split(tmp_path: Path) -> None:
    from shared.holdout import HoldoutSettings, split

    cells = {name: values * 10 for name, values in ROWS.items()}
    cells["id"] = [str(row // 2) for row in range(40)]
    records = loaded(write(tmp_path, mapping(rows=SEVERAL), cells))
    train, test = split(CONTRACT, records, HoldoutSettings(test_share=0.3))
    assert np.bincount(train.persons()).tolist() == [2] * 14
    assert np.bincount(test.persons()).tolist() == [2] * 6
