"""`juntos node audit` on a node's folder, and erasing a patient there."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.audit import BrokenAuditError, Prediction, open_audit
from client.audit.opening import remove_old_answers
from client.cli import app
from client.erasable_stores import erasable_stores
from client.home import NodeHome
from client.privacy.policy import Policy
from shared.errors import SettingsError
from tests.unit.client.audit.predictions import SENTINEL, prediction, without_triggers

PATIENTS_MAPPING = """
[source]
kind = "csv"
path = "patients.csv"
[rows]
patient = "number"
[label]
column = "diagnosis"
codes = {"0" = "none"}
[[column]]
column = "years"
feature = "age"
unit = "a"
"""


def run(home: NodeHome, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--home", str(home.path)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.fixture
def home(node_home: NodeHome) -> NodeHome:
    node_home.mapping_file.write_text(PATIENTS_MAPPING)
    (node_home.path / "patients.csv").write_text("number,years,diagnosis\n1,63,0\n2,58,grade_1\n")
    return node_home


def record(home: NodeHome, *patients: str) -> list[Prediction]:
    store = open_audit(home)
    made = [
        prediction(patient=store.pseudonym(each) if each else "", caller="=ward")
        for each in patients
    ]
    store.record_many(made)
    store.close()
    return made


def test_answers_are_listed_shown_and_exported(home: NodeHome, tmp_path: Path) -> None:
    # Both spellings are the same patient, as in the mapping.
    first, second, _ = record(home, "7", "7.0", "")
    listed = json.loads(run(home, "audit", "list", "--patient", " 7 ", "--json"))
    assert [each["id"] for each in listed] == [second.id, first.id]
    assert SENTINEL not in run(home, "audit", "list")
    assert "none" in run(home, "audit", "list")
    shown = json.loads(run(home, "audit", "show", first.id))
    assert shown["input"]["note"] == SENTINEL
    lines, table = tmp_path / "answers.jsonl", tmp_path / "answers.csv"
    assert "3 answers" in run(home, "audit", "export", str(lines))
    assert SENTINEL not in lines.read_text().replace(f'"name":"{SENTINEL}"', "")
    assert lines.stat().st_mode & 0o777 == 0o600
    run(home, "audit", "export", str(table), "--format", "csv", "--with-input")
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["id"] == first.id
    assert rows[0]["caller"] == "'=ward"
    assert json.loads(rows[0]["input"])["age"] == 63
    assert (rows[0]["first_code"], rows[0]["prediction_set"]) == ("none", "none")


def test_an_export_is_written_down_before_it_is_made(home: NodeHome, tmp_path: Path) -> None:
    record(home, "7")
    assert "Nothing was exported yet." in run(home, "audit", "exports")
    before = json.loads(run(home, "audit", "head", "--json"))
    run(home, "audit", "export", str(tmp_path / "a.jsonl"), "--patient", "7", "--with-input")
    run(home, "audit", "export", str(tmp_path / "b.jsonl"))
    first, second = json.loads(run(home, "audit", "exports", "--json"))
    assert first["answers"] == {"patient": "one"}
    assert (first["with_input"], second["with_input"]) == (True, False)
    assert second["answers"] == {}
    assert first["who"] in run(home, "audit", "exports")
    # What is kept elsewhere leads over both, although nobody has asked anything since.
    after = json.loads(run(home, "audit", "head", "--json"))
    assert after["number"] > before["number"]
    run(home, "audit", "verify", "--head", after["hash"])


def test_the_chains_are_verified_against_a_head_kept_elsewhere(home: NodeHome) -> None:
    record(home, "7")
    kept = json.loads(run(home, "audit", "head", "--json"))
    assert kept["hash"] in run(home, "audit", "head", "--day", kept["time"][:10])
    assert "2 entries in 2 chains: all as they were written." in run(
        home, "audit", "verify", "--head", kept["hash"]
    )
    with pytest.raises(BrokenAuditError):
        run(home, "audit", "verify", "--head", "0" * 64)
    store = open_audit(home)
    without_triggers(store, "UPDATE audit_entries SET caller = 'nobody' WHERE kind = 'prediction'")
    store.close()
    with pytest.raises(BrokenAuditError, match="not what was written"):
        run(home, "audit", "verify")
    assert BrokenAuditError.exit_code == 9


def test_an_unknown_answer_and_an_empty_store_are_said(home: NodeHome) -> None:
    assert "No such answer." in run(home, "audit", "list")
    assert "no entry yet" in run(home, "audit", "head")
    with pytest.raises(SettingsError, match="no such answer"):
        run(home, "audit", "show", "nobody")


def test_erasing_a_patient_takes_what_was_asked_and_answered(home: NodeHome) -> None:
    first, other = record(home, "1", "2")
    names = [each.name for each in erasable_stores(home)]
    assert "answers and confirmed diagnoses" in names
    said = run(home, "erase", "1", "--yes")
    assert "answers and confirmed diagnoses (1)" in said
    assert json.loads(run(home, "audit", "show", first.id))["input"] is None
    assert json.loads(run(home, "audit", "show", other.id))["input"]
    assert "removed" in run(home, "audit", "list")
    assert "The contents of 1 were removed" in run(home, "audit", "verify")


def test_a_lost_key_is_not_replaced(home: NodeHome) -> None:
    record(home, "7")
    (home.keys / "audit").unlink()
    with pytest.raises(SettingsError, match="Restore it from a backup"):
        open_audit(home)


def test_retention_follows_the_policy(home: NodeHome) -> None:
    assert remove_old_answers(home, Policy()) == 0
    store = open_audit(home)
    store.record(prediction(time="2001-01-01T00:00:00.000000+00:00"))
    store.close()
    record(home, "7")
    assert remove_old_answers(home, Policy()) == 1
    assert "The contents of 1 were removed" in run(home, "audit", "verify")


def test_what_the_disk_takes_is_measured_and_nothing_kept(home: NodeHome) -> None:
    before = sorted(each.name for each in home.path.iterdir())
    found = json.loads(run(home, "audit", "measure", "--answers", "100", "--json"))
    assert found["in_groups"] > 0
    assert found["milliseconds_middle"] <= found["milliseconds_most"]
    assert sorted(each.name for each in home.path.iterdir()) == before
    assert "answers_per_commit" in run(home, "audit", "measure", "--answers", "100")
