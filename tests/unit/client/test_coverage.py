"""How much of each feature the data hold, also of data that a run would refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client import coverage as module
from client.cli import app
from client.coverage import coverage
from client.home import NodeHome
from shared.errors import DataError
from tests.unit.client.small_hospital import CONTRACT, SENTINEL, column_of, mapping, rows, write


def test_every_cell_is_recorded_missing_or_not_understood(tmp_path: Path) -> None:
    cells = rows(
        years=["40", "", "999", SENTINEL],
        cp=["1", SENTINEL, "typical", ""],
        hpo=["HP:0001250", "", "HP:9999999", ""],
        diagnosis=["0", SENTINEL, "2", ""],
    )
    found = {
        each.feature: each for each in coverage(CONTRACT, write(tmp_path, cells=cells)).features
    }
    counts = {name: (each.recorded, each.missing, each.unusable) for name, each in found.items()}
    assert counts == {
        "(diagnosis)": (2, 1, 1),
        "age": (1, 2, 1),
        "pressure": (3, 1, 0),
        "pain": (2, 1, 1),
        "fever": (3, 1, 0),
        "phenotypes": (1, 2, 1),
        "note": (3, 1, 0),
    }
    assert found["pressure"].units == {"kPa": 3}
    assert SENTINEL not in json.dumps([each.as_json() for each in found.values()])


def test_units_of_rows_are_counted_and_others_not_shown(tmp_path: Path) -> None:
    content = mapping()
    entry = column_of(content, "pressure")
    del entry["unit"]
    entry["unit_column"] = "unit"
    cells = {**rows(rr=["16", "120", "120", "5"]), "unit": ["kPa", "mmHg", "mm[Hg]", SENTINEL]}
    found = {
        each.feature: each for each in coverage(CONTRACT, write(tmp_path, content, cells)).features
    }
    assert found["pressure"].units == {"kPa": 1, "mmHg": 1, "mm[Hg]": 1}
    assert (found["pressure"].recorded, found["pressure"].unusable) == (3, 1)


def test_unmapped_features_and_absent_columns(tmp_path: Path) -> None:
    content = mapping()
    content["column"] = [each for each in content["column"] if each["feature"] != "fever"]
    column_of(content, "pain")["column"] = "absent"
    found = {each.feature: each for each in coverage(CONTRACT, write(tmp_path, content)).features}
    assert found["fever"].as_row() == ["fever", "-", "not mapped", "", "", ""]
    assert found["pain"].as_row() == ["pain", "absent", "0%", "100%", "", ""]


def test_large_sources_are_looked_at_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    assert coverage(CONTRACT, path).title() == "Of all 4 rows:"
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    assert coverage(CONTRACT, path).whole
    (tmp_path / "patients.csv").unlink()
    with pytest.raises(DataError):
        coverage(CONTRACT, path)


def test_node_check_shows_it(node_home: NodeHome) -> None:
    result = CliRunner().invoke(app, ["check", "--home", str(node_home.path)])
    assert result.exit_code == 0
    assert "Of all 2 rows:" in result.output
    assert any(
        line.split() == ["age", "years", "100%", "0%", "a"] for line in result.output.splitlines()
    )
    result = CliRunner().invoke(app, ["check", "--home", str(node_home.path), "--json"])
    entry = json.loads(result.output)[-1]
    assert (entry["check"], entry["rows"]) == ("coverage", 2)
    assert entry["features"][1] == {
        "feature": "age",
        "column": "years",
        "recorded": 2,
        "missing": 0,
        "not_understood": 0,
        "units": {"a": 2},
    }
