"""Rows are read whether right or wrong, their dates in the forms that hospitals write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from client.data_quality.checks.clinical_rules import broken_rules
from client.data_quality.settings import DeclaredRule, QualitySettings, read_settings
from client.sources import load_records
from shared.errors import DataError, SettingsError
from tests.unit.client.data_quality.clean_hospital import CONTRACT, clean_table, read


def test_good_rows_are_the_records_that_training_sees(tmp_path: Path) -> None:
    table = clean_table()
    table.loc[4, "years"] = "old"
    table.loc[9, "dx"] = ""
    rows = read(tmp_path, table)
    loaded = load_records(CONTRACT, tmp_path / "mapping.toml", lambda _: True)
    assert rows.rows[rows.good].tolist() == loaded.rows.tolist()
    assert rows.records().content_hash() == loaded.records.content_hash()
    assert loaded.dates is not None
    assert (loaded.dates == np.delete(table["visited"].to_numpy("datetime64[D]"), [4, 9])).all()


FORMS = [
    ("2024-03-31", None),
    ("2024-03-31T10:20:00", None),
    ("2024-03-31 10:20:00+02:00", None),
    ("31/03/2024", "%d/%m/%Y"),
    ("31.03.24", "%d.%m.%y"),
]


@pytest.mark.parametrize(("text", "form"), FORMS)
def test_dates_are_read_as_the_mapping_says(text: str, form: str | None, tmp_path: Path) -> None:
    rows = read(tmp_path, clean_table().assign(visited=text), date_format=form)
    assert rows.dates is not None
    assert (rows.dates == np.datetime64("2024-03-31")).all()


def test_a_column_that_is_not_there_stops_the_checks(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, clean_table().drop(columns=["chol", "visited"]))
    assert {problem.column for problem in caught.value.problems} == {"chol", "visited"}


def test_a_table_without_rows_stops_the_checks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rows"):
        read(tmp_path, clean_table().head(0))


def test_a_wrong_rule_says_where_it_goes_wrong(tmp_path: Path) -> None:
    rule = DeclaredRule(name="own", must="systolic > pulse")
    rows = read(tmp_path, clean_table(), QualitySettings(rule=[rule]))
    with pytest.raises(SettingsError) as caught:
        list(broken_rules(rows))
    assert "'own'" in caught.value.what
    assert "pulse" in caught.value.what


def test_a_shipped_rule_can_be_left_out(tmp_path: Path) -> None:
    table = clean_table()
    table.loc[3, "dbp"] = "150"
    table.loc[3, "sbp"] = "120"
    assert len(list(broken_rules(read(tmp_path, table)))) == 1
    ignoring = QualitySettings(ignore=["diastolic_below_systolic"])
    assert list(broken_rules(read(tmp_path, table, ignoring))) == []


def test_settings_of_a_node_are_read_and_refused(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == QualitySettings()
    file = tmp_path / "quality.toml"
    file.write_text('[[rule]]\nname = "own"\nmust = "systolic > diastolic"\n')
    assert read_settings(tmp_path).rule[0].name == "own"
    file.write_text("stale_years = 3\n")
    with pytest.raises(SettingsError, match="stale_years"):
        read_settings(tmp_path)
