"""`juntos node confirm` and `juntos node performance`, and what runs learn from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from client.audit import open_audit
from client.home import NodeHome, read_local
from shared.errors import DataError, SettingsError
from tests.unit.client.audit.predictions import prediction
from tests.unit.client.audit.test_commands import PATIENTS_MAPPING, record, run


@pytest.fixture
def home(node_home: NodeHome) -> NodeHome:
    node_home.mapping_file.write_text(PATIENTS_MAPPING)
    (node_home.path / "patients.csv").write_text("number,years,diagnosis\n1,63,0\n2,58,grade_1\n")
    return node_home


def test_a_diagnosis_is_confirmed_corrected_and_settled(home: NodeHome) -> None:
    [one] = record(home, "7")
    assert "no confirmed diagnosis yet" in run(home, "performance")
    assert "Confirmed: none" in run(home, "confirm", one.id, "none", "--source", "ward")
    said = run(home, "confirm", one.id, "grade_1", "--source", "pathology")
    assert "In conflict (ward: none, pathology: grade_1)" in said
    settled = run(home, "confirm", one.id, "grade_1", "--resolve", "--json")
    assert json.loads(settled)["state"] == "confirmed"
    text = run(home, "performance")
    assert "1 of 1 answers have a confirmed diagnosis." in text
    assert "(0 of 1)" in text
    figures = json.loads(run(home, "performance", "--json"))
    assert (figures["labelled"], figures["accuracy"]["value"]) == (1, 0.0)
    assert "No diagnosis is confirmed any more" in run(
        home, "confirm", one.id, "--withdraw", "--resolve"
    )


def test_by_patient_and_by_file(home: NodeHome, tmp_path: Path) -> None:
    [one] = record(home, "7")
    assert one.id in run(home, "confirm", "--patient", "7.0", "--code", "none")
    file = tmp_path / "diagnoses.csv"
    # The hospital's own code, as its mapping has it.
    file.write_text(f"prediction_id,diagnosis\n{one.id},0\n")
    assert "1 confirmed, 0 known before." in run(home, "confirm", "--file", str(file))
    assert "0 confirmed, 1 known before." in run(home, "confirm", "--file", str(file))
    file.write_text(f"prediction_id,diagnosis\n{one.id},99\n")
    with pytest.raises(DataError, match="nothing of it was written down"):
        run(home, "confirm", "--file", str(file))


def test_nothing_to_say_is_refused(home: NodeHome) -> None:
    with pytest.raises(SettingsError, match="diagnosis"):
        run(home, "confirm", "an id")
    with pytest.raises(DataError):
        run(home, "confirm", "an id", "none")


def train_on_confirmed(home: NodeHome) -> None:
    (home.path / "serving.toml").write_text("train_on_confirmed = true\n")


def confirm_cases(home: NodeHome) -> None:
    store = open_audit(home)
    contract = home.contract()
    for patient, age in (("1", 30.0), ("7", 41.0), ("7", 42.0), ("8", 50.0), ("", 60.0)):
        asked = prediction(
            patient=store.pseudonym(patient) if patient else "",
            input={"age": age},
            contract=contract.version if patient != "8" else "0.9.0",
        )
        store.record(asked)
        run(home, "confirm", asked.id, "grade_2")
    store.close()


def test_runs_see_confirmed_cases_of_other_patients_where_the_node_says_so(home: NodeHome) -> None:
    confirm_cases(home)
    before = read_local(home).records
    assert before.table["age"].tolist() == [63, 58]
    train_on_confirmed(home)
    records = read_local(home).records
    assert records.table["age"].tolist() == [63, 58, 42]
    assert records.labels.tolist() == ["none", "grade_1", "grade_2"]
    assert list(records.table.columns) == list(before.table.columns)
    assert records.table.dtypes.tolist() == before.table.dtypes.tolist()
    run(home, "erase", "7", "--yes", "--anyway")
    assert read_local(home).records.table["age"].tolist() == [63, 58]


def test_a_patient_may_have_several_records_where_the_source_has(home: NodeHome) -> None:
    text = PATIENTS_MAPPING.replace("[label]", 'patient_rows = "several"\n[label]')
    home.mapping_file.write_text(text)
    confirm_cases(home)
    train_on_confirmed(home)
    records = read_local(home).records
    assert records.table["age"].tolist() == [63, 58, 41, 42]
    assert records.patients is not None
    assert records.patients.tolist() == [0, 1, 2, 2]


def test_a_source_that_tells_no_patients_apart_is_refused(home: NodeHome) -> None:
    home.mapping_file.write_text(PATIENTS_MAPPING.replace('[rows]\npatient = "number"\n', ""))
    train_on_confirmed(home)
    with pytest.raises(SettingsError, match=r"rows\.patient"):
        read_local(home)
