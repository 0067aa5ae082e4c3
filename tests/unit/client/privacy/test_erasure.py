from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.cli import app
from client.home import NodeHome, open_hospital
from client.privacy.egress import EGRESS_FOLDER, KeptPayloads
from client.privacy.erasure import AGAIN, PURPOSE
from client.privacy.opening import open_ledger
from client.privacy.policy import Policy
from client.privacy.retention import Retention
from client.sources.erased import add_erasure, read_erasures, state_of_erasures
from client.sources.pseudonyms import patient_key
from shared.errors import JuntosError, SettingsError

NUMBER = "483920617"
PATIENTS = (
    f"number,years,diagnosis\n{NUMBER},63,none\n2,58,grade_1\n{NUMBER}.0,64,none\n4,70,none\n"
)


@pytest.fixture
def home(node_home: NodeHome) -> NodeHome:
    text = node_home.mapping_file.read_text()
    rows = '[rows]\npatient = "number"\npatient_rows = "several"\n[label]'
    node_home.mapping_file.write_text(text.replace("[label]", rows))
    (node_home.path / "patients.csv").write_text(PATIENTS)
    return node_home


def said(home: NodeHome, *arguments: str, typed: str | None = None) -> str:
    result = CliRunner().invoke(app, [*arguments, "--home", str(home.path)], input=typed)
    assert result.exit_code == 0, result.exception
    return result.output


def refused(home: NodeHome, *arguments: str) -> JuntosError:
    result = CliRunner().invoke(app, [*arguments, "--home", str(home.path)])
    assert isinstance(result.exception, JuntosError), result.output
    return result.exception


def ages(home: NodeHome) -> list[float]:
    found: list[float] = open_hospital(home.path).local.records.table["age"].tolist()
    return found


def test_an_erased_patient_is_read_by_nothing_and_named_nowhere(home: NodeHome) -> None:
    assert ages(home) == [63, 58, 64, 70]
    output = said(home, "erase", NUMBER, "--yes")
    assert "2 rows of one patient" in output
    assert ages(home) == [58, 70]
    assert (
        "2 of 2 rows are good"
        in CliRunner().invoke(app, ["check", "--home", str(home.path)]).output
    )
    written = [path for path in home.path.rglob("*") if path.is_file()]
    holding = [path.name for path in written if NUMBER.encode() in path.read_bytes()]
    assert holding == ["patients.csv"]
    assert NUMBER not in output
    assert (home.erased_file.stat().st_mode & 0o777) == 0o600


def test_the_ledger_says_when_and_stays_whole(home: NodeHome) -> None:
    said(home, "erase", NUMBER, "--yes")
    (entry,) = open_ledger(home).entries()
    assert (entry.state, entry.purpose, entry.recipient) == ("erased", PURPOSE, "this hospital")
    assert "1 entries, each as it was written" in said(home, "ledger", "--verify")
    assert PURPOSE in said(home, "ledger")
    assert "Epsilon 0 of 8" in said(home, "ledger")


def test_asking_again_says_so_and_removes_what_came_meanwhile(home: NodeHome) -> None:
    said(home, "erase", NUMBER, "--yes")
    KeptPayloads(home.path / EGRESS_FOLDER).keep(7, b"x")
    found = json.loads(said(home, "erase", NUMBER, "--yes", "--json"))
    assert found.pop("removed")["copies of answers"] == 1
    assert found == {"rows": 2, "entry": 2, "erased_before": True}
    assert open_ledger(home).entries()[1].reason == "removed: copies of answers (1)"
    assert [each.purpose for each in open_ledger(home).entries()] == [PURPOSE, AGAIN]
    assert "1 patient is erased" in said(home, "erase", "--list")


def test_who_is_not_there_is_erased_only_on_purpose(home: NodeHome) -> None:
    assert "no row of this patient" in refused(home, "erase", "5", "--yes").what
    assert not home.erased_file.exists()
    assert open_ledger(home).entries() == []
    said(home, "erase", "5", "--yes", "--anyway")
    (home.path / "patients.csv").write_text(PATIENTS + "5,44,none\n")
    assert ages(home) == [63, 58, 64, 70]


def test_a_patient_is_erased_though_the_source_is_away(home: NodeHome) -> None:
    (home.path / "patients.csv").unlink()
    assert "does not exist" in refused(home, "erase", NUMBER, "--yes").what
    said(home, "erase", NUMBER, "--yes", "--anyway")
    (home.path / "patients.csv").write_text(PATIENTS)
    assert ages(home) == [58, 70]


def test_the_number_is_asked_for_unseen_and_nothing_happens_without_a_yes(home: NodeHome) -> None:
    arguments = ["erase", "--home", str(home.path)]
    stopped = CliRunner().invoke(app, arguments, input=f"{NUMBER}\n{NUMBER}\nn\n")
    assert stopped.exit_code == 1
    assert NUMBER not in stopped.output
    assert not home.erased_file.exists()
    said(home, "erase", typed=f"{NUMBER}\n{NUMBER}\ny\n")
    assert len(ages(home)) == 2


def test_the_list_shows_when_and_not_who(home: NodeHome) -> None:
    assert "0 patients are erased" in said(home, "erase", "--list")
    said(home, "erase", NUMBER, "--yes")
    (listed,) = read_erasures(home.erased_file, patient_key(home.patient_key_file))
    output = said(home, "erase", "--list")
    assert listed.time[:10] in output
    assert listed.pseudonym not in output
    assert json.loads(said(home, "erase", "--list", "--json")) == {"erased": [listed.time]}


def test_without_a_column_of_patients_nobody_is_found_and_nothing_is_read(home: NodeHome) -> None:
    said(home, "erase", NUMBER, "--yes")
    mapping = home.mapping_file.read_text()
    without = mapping.replace('patient = "number"\npatient_rows = "several"\n', "")
    home.mapping_file.write_text(without)
    with pytest.raises(SettingsError, match="Patients were erased here"):
        ages(home)
    assert "which column tells patients apart" in refused(home, "erase", "2", "--yes").what


def test_a_list_that_cannot_be_trusted_stops_all_reading(home: NodeHome) -> None:
    said(home, "erase", NUMBER, "--yes")
    whole = home.erased_file.read_text()
    home.erased_file.write_text(whole.rstrip("\n")[:-1])
    with pytest.raises(SettingsError, match="line 2, is no erasure"):
        ages(home)
    home.erased_file.write_text(whole)
    home.erased_file.chmod(0o644)
    with pytest.raises(SettingsError, match="Others on this machine"):
        ages(home)
    home.erased_file.chmod(0o600)
    key = home.patient_key_file.read_bytes()
    home.patient_key_file.write_bytes(b"x" * 32)
    with pytest.raises(SettingsError, match="another key"):
        ages(home)
    home.patient_key_file.unlink()
    with pytest.raises(SettingsError, match="absent"):
        ages(home)
    home.patient_key_file.write_bytes(key)
    home.patient_key_file.chmod(0o600)
    assert ages(home) == [58, 70]


def test_a_list_that_was_shortened_or_lost_is_noticed(home: NodeHome) -> None:
    said(home, "erase", NUMBER, "--yes")
    said(home, "erase", "2", "--yes")
    lines = home.erased_file.read_text().splitlines()
    home.erased_file.write_text("\n".join(lines[:2]) + "\n")
    checked = CliRunner().invoke(app, ["check", "--home", str(home.path)])
    assert "tells of 2 erasures" in checked.output
    assert checked.exit_code == 0
    home.erased_file.unlink()
    checked = CliRunner().invoke(app, ["check", "--home", str(home.path)])
    assert checked.exit_code != 0
    assert "is gone" in checked.output


def test_what_was_begun_before_a_power_cut_is_finished_by_asking_again(home: NodeHome) -> None:
    key = patient_key(home.patient_key_file)
    said(home, "erase", NUMBER, "--yes")
    (known,) = read_erasures(home.erased_file, key)
    ledger = home.path / "ledger.db"
    for path in home.path.glob(f"{ledger.name}*"):
        path.unlink()
    said(home, "erase", NUMBER, "--yes")
    assert [each.purpose for each in open_ledger(home).entries()] == [PURPOSE]
    assert read_erasures(home.erased_file, key) == [known]


def test_a_hospital_that_is_open_is_opened_anew(home: NodeHome) -> None:
    from client.app import opened

    before = opened(home.path, state_of_erasures(home.erased_file))
    assert opened(home.path, state_of_erasures(home.erased_file)) is before
    add_erasure(home.erased_file, patient_key(home.patient_key_file), "0" * 64)
    assert opened(home.path, state_of_erasures(home.erased_file)) is not before


def test_old_copies_go_though_nothing_is_sent(tmp_path: Path) -> None:
    copies = KeptPayloads(tmp_path / EGRESS_FOLDER)
    for number in (1, 2):
        copies.keep(number, b"answer")
    old = tmp_path / EGRESS_FOLDER / "1.message"
    os.utime(old, (0, time.time() - 3 * 86_400))
    with Retention(tmp_path, lambda: Policy(keep_payloads_days=2)):
        pass
    assert sorted(path.name for path in (tmp_path / EGRESS_FOLDER).iterdir()) == ["2.message"]


def test_without_a_policy_nothing_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable() -> Policy:
        raise SettingsError("policy.toml cannot be read.")

    copies = KeptPayloads(tmp_path / EGRESS_FOLDER)
    copies.keep(1, b"answer")
    os.utime(tmp_path / EGRESS_FOLDER / "1.message", (0, 0))
    Retention(tmp_path, unreadable).look()
    assert copies.read(1) == b"answer"
    assert "nothing is removed" in caplog.text
