"""`juntos node data` on a node's folder, and what runs see of it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from client.cli import app
from client.home import NodeHome, read_local
from shared.errors import SettingsError

runner = CliRunner()


def data(home: NodeHome, *arguments: str) -> str:
    result = runner.invoke(app, ["data", *arguments, "--home", str(home.path)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def names(home: NodeHome) -> list[str]:
    return [each["snapshot"] for each in json.loads(data(home, "list", "--json"))]


@pytest.fixture
def patients(node_home: NodeHome) -> NodeHome:
    mapping = """
[source]
kind = "csv"
path = "patients.csv"
[rows]
patient = "number"
[label]
column = "diagnosis"
[[column]]
column = "years"
feature = "age"
unit = "a"
"""
    node_home.mapping_file.write_text(mapping)
    write(node_home, "a,63,none\nb,58,grade_1\nc,41,none\n")
    return node_home


def write(home: NodeHome, rows: str) -> None:
    (home.mapping_file.parent / "patients.csv").write_text(f"number,years,diagnosis\n{rows}")


def test_versions_are_kept_compared_and_used_again(patients: NodeHome) -> None:
    assert "3 rows" in data(patients, "snapshot")
    then = read_local(patients).records.content_hash()
    write(patients, "a,63,none\nb,59,grade_1\nd,70,none\n")
    data(patients, "snapshot")
    first, second = names(patients)
    assert "1 rows came, 1 went, 1 changed, 1 are the same." in data(
        patients, "diff", first, second
    )
    data(patients, "restore", first)
    assert read_local(patients).records.content_hash() == then
    assert f"{first} (in use)" in data(patients, "list")
    data(patients, "restore", "--source")
    assert read_local(patients).records.content_hash() != then
    with pytest.raises(SettingsError, match="name of a snapshot"):
        data(patients, "restore")


def test_a_run_is_noted_with_what_it_saw(patients: NodeHome) -> None:
    seen = read_local(patients)
    assert seen.note_run is not None
    seen.note_run("17")
    seen.note_run("17")
    kept = json.loads(data(patients, "list", "--json"))
    assert [each["runs"] for each in kept] == [["17"]]
    assert kept[0]["records"] == seen.records.content_hash()


def test_an_erased_patient_leaves_the_snapshots_too(patients: NodeHome) -> None:
    data(patients, "snapshot")
    result = runner.invoke(app, ["erase", "b", "--yes", "--home", str(patients.path)])
    assert result.exit_code == 0, result.output
    kept = json.loads(data(patients, "list", "--json"))
    assert (kept[0]["rows"], kept[0]["erased"]) == (2, 1)


def test_a_policy_may_keep_none(patients: NodeHome) -> None:
    patients.policy_file.write_text("keep_snapshots_days = 0\n")
    assert read_local(patients).note_run is None
    assert names(patients) == []
