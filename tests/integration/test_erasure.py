"""A patient is erased at a node, by the commands that its administrator types."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from client.app import create_client_app
from client.backup.restoring import restore_node
from client.home import NodeHome, open_hospital
from client.privacy.egress import EGRESS_FOLDER
from client.privacy.pause import is_paused
from client.review.opening import read_overlay, read_source
from shared.contract import load_contract
from shared.errors import SettingsError
from shared.questions import SUMMARISE, Question, SummaryAnswer, questions_to, read_answer
from shared.run_settings import run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.demo.commands import juntos
from tests.unit.client.conftest import authority, coordinator, node_home

__all__ = ["authority", "coordinator", "node_home"]

NUMBER = "ZX-4471-0099"
MAPPING = """
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


@pytest.fixture
def home(node_home: NodeHome) -> NodeHome:
    node_home.mapping_file.write_text(MAPPING)
    rows = [f"{number},{40 + number},none" for number in range(30)]
    text = "\n".join(["number,years,diagnosis", f"{NUMBER},77,none", *rows, ""])
    (node_home.path / "patients.csv").write_text(text)
    node_home.policy_file.write_text("formal_privacy_required = false\nsmallest_cell = 1\n")
    return node_home


def say(home: NodeHome, *arguments: str) -> str:
    command = juntos("node", *arguments, "--home", str(home.path))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_in_a_run(home: NodeHome) -> int:
    """Ask the node for its summary as a run does, in a process that has not read the rows yet."""
    hospital = open_hospital(home.path)
    settings = run_settings({"holdout": {"test_share": 0.1}}, [], "test")
    question = Question(contract_hash=load_contract("heart_disease").hash, settings=settings)
    app = create_client_app(lambda _context: hospital)
    with InProcessGrid({1: SimulatedHospital(app)}) as grid:
        (answer,) = grid.send_and_receive(questions_to([1], SUMMARISE, question))
    told = read_answer(SummaryAnswer, answer)
    return told.training_rows + told.held_out_rows


def test_erase_then_check_then_verify(home: NodeHome) -> None:
    assert rows_in_a_run(home) == 31
    assert list((home.path / EGRESS_FOLDER).iterdir())

    said = say(home, "erase", NUMBER, "--yes")
    assert "1 row of one patient" in said
    assert "copies of answers (1)" in said
    assert not list((home.path / EGRESS_FOLDER).iterdir())

    checked = say(home, "check")
    assert "30 of 30 rows are good" in checked
    assert "erased patients: 1" in checked
    assert rows_in_a_run(home) == 30
    assert "each as it was written" in say(home, "ledger", "--verify")
    entries = json.loads(say(home, "ledger", "--json"))["entries"]
    (erasure,) = [each for each in entries if each["state"] == "erased"]
    assert erasure["purpose"] == "erasure of one patient"
    assert NUMBER not in json.dumps(entries)

    page = home.path.parent / "egress.html"
    say(home, "ledger", "--page", str(page))
    assert "1 patient is erased" in page.read_text(encoding="utf-8")
    assert NUMBER not in page.read_text(encoding="utf-8")
    assert holding_the_number(home.path) == ["patients.csv"]


def test_who_is_not_there_is_said_and_nothing_is_written(home: NodeHome) -> None:
    command = juntos("node", "erase", "no-such-number", "--yes", "--home", str(home.path))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no row of this patient" in done.stderr
    assert "no-such-number" not in done.stdout + done.stderr
    assert not home.erased_file.exists()


def holding_the_number(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if NUMBER.encode() in path.read_bytes()]


def test_a_backup_brings_nobody_back_who_was_erased_since(home: NodeHome, tmp_path: Path) -> None:
    assert rows_in_a_run(home) == 31
    key, sealed = tmp_path / "key.txt", tmp_path / "backup.age"
    public = say(home, "backup", "--new-key", str(key)).split()[2]
    assert "files" in say(home, "backup", str(sealed), "--for", public)
    say(home, "erase", NUMBER, "--yes")
    later = home.erased_file

    with pytest.raises(SettingsError, match="is no file"):
        restore_node(sealed, tmp_path / "wrong", key, tmp_path / "no-such-list")
    assert not (tmp_path / "wrong").exists()
    # Brought back without the list, the patient would be there again: the row and what was sent.
    forgetful = restored(home, tmp_path / "forgetful", sealed, key)
    assert list((forgetful.path / EGRESS_FOLDER).iterdir())
    assert rows_of_source(forgetful) == 31
    back = restored(home, tmp_path / "back", sealed, key, "--erased-since", str(later))
    assert rows_of_source(back) == 30
    assert not list((back.path / EGRESS_FOLDER).iterdir())
    assert "each as it was written" in say(back, "ledger", "--verify")
    assert holding_the_number(back.path) == ["patients.csv"]
    # What was released since is in no ledger: nothing leaves until somebody says so.
    assert is_paused(back.path)
    say(back, "resume")
    assert rows_in_a_run(back) == 30


def restored(home: NodeHome, folder: Path, sealed: Path, key: Path, *more: str) -> NodeHome:
    back = NodeHome(folder, home.settings)
    said = say(back, "restore", str(sealed), "--key", str(key), *more)
    assert "It is paused." in said
    return back


def rows_of_source(home: NodeHome) -> int:
    return len(read_source(home, read_overlay(home)).records)
