"""What a hospital sees of its own records."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, spearmanr
from sklearn.metrics import mutual_info_score
from typer.testing import CliRunner

from client.cli import app
from client.exploration.association import correlations, cramers_v, telling
from client.exploration.missingness import missing_patterns, missing_shares, missing_together
from client.exploration.report import Source, write_report
from client.exploration.time import periods
from client.exploration.view import LocalView
from client.home import NodeHome
from client.privacy.opening import open_ledger
from shared.contract import Contract, load_contract
from shared.records import Records
from tests.conftest import learnable_records, random_records

SOURCE = Source("lyon", "patients.csv", 3, "2026-11-25")


@pytest.fixture(scope="module")
def view(contract: Contract) -> LocalView:
    records = learnable_records(contract, 300, 0)
    dates = np.datetime64("2019-05-01") + np.arange(300) * 7
    return LocalView(contract, records, dates)


def test_shares_of_what_is_missing(view: LocalView) -> None:
    table, shares = view.records.table, missing_shares(view)
    ill = view.records.labels != "none"
    for name, found in shares.items():
        absent = table[name].isna()
        assert found == pytest.approx([absent.mean(), absent[~ill].mean(), absent[ill].mean()])


def test_what_is_missing_together(view: LocalView) -> None:
    absent = view.records.table.isna()
    names, shares = missing_together(view)
    assert set(names) == set(absent.columns[absent.any()])
    for row, first in enumerate(names):
        for column, second in enumerate(names):
            expected = absent.loc[absent[first], second].mean()
            assert shares[row, column] == pytest.approx(expected)
    patterns = missing_patterns(view)
    assert sum(each.rows for each in patterns) == len(view)
    assert patterns[0].rows == absent.value_counts().iloc[0]


def test_correlations_are_over_the_records_that_have_both(view: LocalView) -> None:
    table = view.records.table[["age", "cholesterol"]].dropna()
    names = list(view.numbers)
    found = correlations(view, "spearman")[names.index("age"), names.index("cholesterol")]
    assert found == pytest.approx(spearmanr(table).statistic)


def test_cramers_v_follows_from_chi_squared(view: LocalView) -> None:
    names, found = cramers_v(view)
    table = pd.crosstab(view.records.table["sex"], view.records.table["chest_pain"])
    chi = chi2_contingency(table, correction=False).statistic
    expected = np.sqrt(chi / table.to_numpy().sum() / (min(table.shape) - 1))
    row, column = sorted((names.index("sex"), names.index("chest_pain")), reverse=True)
    assert found[row, column] == pytest.approx(expected)


def test_what_tells_of_the_class(view: LocalView) -> None:
    found = {each.feature: each for each in telling(view)}
    assert {"age", "maximum_heart_rate"} == set(list(found)[:2])
    known = view.records.table["chest_pain"].notna()
    ill = view.records.labels[known] != "none"
    expected = mutual_info_score(view.records.table["chest_pain"][known], ill) / np.log(2)
    assert found["chest_pain"].bits == pytest.approx(expected)


def test_time_is_in_stretches_that_a_page_can_show(contract: Contract, view: LocalView) -> None:
    found = periods(view)
    assert [each.name for each in found] == ["2019", "2020", "2021", "2022", "2023", "2024", "2025"]
    assert sum(each.rows for each in found) == len(view)
    assert all(sum(each.by_class) == each.rows for each in found)
    few = LocalView(contract, view.records, np.full(300, np.datetime64("2024-02-03")))
    assert [each.name for each in periods(few)] == ["2024-02"]
    long = np.datetime64("1980-01-01") + np.arange(300) * 60
    names = [each.name for each in periods(LocalView(contract, view.records, long))]
    assert names[0] == "1980-1983"
    assert len(names) <= 16
    unknown = np.full(300, np.datetime64("NaT"), dtype="datetime64[D]")
    assert periods(LocalView(contract, view.records, unknown)) == []


def test_classes_beyond_those_that_fit_are_put_together() -> None:
    contract = load_contract("rare_disease")
    view = LocalView(contract, random_records(contract, 400, 0))
    assert len(view.groups) == 6
    assert sum(group.count for group in view.groups) == 400
    assert len(view.groups[-1].codes) == len(contract.classes) - 5


def test_the_page_has_every_record_in_it(view: LocalView, tmp_path: Path) -> None:
    text = write_report(view, SOURCE, tmp_path).read_text(encoding="utf-8")
    for section in ("classes", "missing", "numbers", "codes", "telling", "correlations", "time"):
        assert f'id="{section}"' in text
    assert "nothing of it is sent" in text
    assert "nada de ella se envía" in text
    assert "<script" not in text
    rows = list(csv.reader((tmp_path / "tables" / "classes.csv").read_text().splitlines()))
    assert rows[-1] == ["All", "", "", "300"]
    assert text == write_report(view, SOURCE, tmp_path).read_text(encoding="utf-8")


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_few_records_have_a_page(contract: Contract, rows: int, tmp_path: Path) -> None:
    view = LocalView(contract, random_records(contract, rows, 0, missing=0.7))
    assert write_report(view, SOURCE, tmp_path).exists()


def test_features_without_any_value_have_a_page(contract: Contract, tmp_path: Path) -> None:
    records = random_records(contract, 30, 0)
    table = records.table.copy()
    for name in table:
        table[name] = np.nan if table[name].dtype == "float64" else None
    text = write_report(LocalView(contract, Records(table, records.labels)), SOURCE, tmp_path)
    assert "no values" in text.read_text(encoding="utf-8")


def test_terms_are_counted_with_those_below(tmp_path: Path) -> None:
    contract = load_contract("rare_disease")
    write_report(LocalView(contract, random_records(contract, 60, 0)), SOURCE, tmp_path)
    rows = list(csv.reader((tmp_path / "tables" / "terms-phenotypes.csv").read_text().splitlines()))
    counts = {row[1]: (int(row[2]), int(row[3])) for row in rows[1:]}
    assert counts["HP:0001166"][0] == counts["HP:0001166"][1] > 0
    assert counts["HP:0000924"][0] == 0 < counts["HP:0000924"][1]


def test_the_command_writes_it_and_sends_nothing(node_home: NodeHome, tmp_path: Path) -> None:
    arguments = ["explore", "--home", str(node_home.path), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "2 records" in result.output
    assert (tmp_path / "out" / "explore.html").exists()
    assert not open_ledger(node_home).entries()
    found = CliRunner().invoke(app, [*arguments, "--json"])
    assert json.loads(found.stdout)["classes"]["grade_1"] == 1


def test_a_folder_that_cannot_be_written_is_named(node_home: NodeHome, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = str(tmp_path / "file" / "out")
    result = CliRunner().invoke(app, ["explore", "--home", str(node_home.path), "--out", out])
    assert "cannot be written" in str(result.exception)
