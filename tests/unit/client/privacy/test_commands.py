from __future__ import annotations

import json

from sqlalchemy import text
from typer.testing import CliRunner

from client.cli import app
from client.home import NodeHome
from client.privacy.opening import open_gate, open_ledger
from client.privacy.policy import Policy, read_policy
from client.privacy.report import entry_rows
from shared.errors import JuntosError
from tests.unit.client.privacy.conftest import noised, question, reply_to


def said(home: NodeHome, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--home", str(home.path)])
    assert result.exit_code == 0, result.exception
    return result.output


def answered(home: NodeHome) -> None:
    home.policy_file.write_text("formal_privacy_required = false\n")
    gate = open_gate(home)
    for kind, noise in (("train", 10.0), ("evaluate", None)):
        asked = question(kind)
        gate.admit(asked)
        if noise:
            gate.spend(noised(noise))
        gate.sent(reply_to(asked, "confusion counts"))


def test_a_new_node_has_a_commented_policy_that_requires_formal_privacy(
    node_home: NodeHome,
) -> None:
    assert read_policy(node_home.policy_file) == Policy()
    assert "Write false to take part" in node_home.policy_file.read_text()


def test_the_ledger_shows_what_left_and_what_it_cost(node_home: NodeHome) -> None:
    answered(node_home)
    output = said(node_home, "ledger")
    lines = output.splitlines()
    assert lines[0].split()[:3] == ["no.", "when", "run"]
    assert "Test at 127.0.0.1" in lines[1]
    assert "step of the neural network" in lines[1]
    assert "of 8" in lines[1]
    assert "unbounded" in lines[2]
    assert "1 without a formal guarantee" in output


def test_the_ledger_of_one_run_as_json(node_home: NodeHome) -> None:
    answered(node_home)
    found = json.loads(said(node_home, "ledger", "--json", "--run", "7"))
    assert [each["state"] for each in found["entries"]] == ["spent", "sent"] * 2
    assert (found["budget"], found["unbounded"]) == (8.0, 1)
    assert 0.3 < found["epsilon"] < 0.5
    assert found["entries"][0]["code"].startswith("0.")
    assert json.loads(said(node_home, "ledger", "--json", "--run", "8"))["entries"] == []


def test_a_payload_is_printed_as_it_left(node_home: NodeHome) -> None:
    answered(node_home)
    for number in ("1", "2"):
        printed = json.loads(said(node_home, "ledger", "--payload", number))
        assert printed == {"config": {"answer": "confusion counts"}}
    result = CliRunner().invoke(app, ["ledger", "--payload", "9", "--home", str(node_home.path)])
    assert isinstance(result.exception, JuntosError)


def test_verifying_says_the_last_hash_or_the_first_broken_entry(node_home: NodeHome) -> None:
    assert "empty" in said(node_home, "ledger", "--verify")
    answered(node_home)
    ledger = open_ledger(node_home)
    assert f"4 entries, each as it was written; the last has {ledger.entries()[3].hash}" in said(
        node_home, "ledger", "--verify"
    )
    with ledger.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_is_not_changed"))
        connection.execute(text("UPDATE ledger SET size = 1 WHERE number = 2"))
    result = CliRunner().invoke(app, ["ledger", "--verify", "--home", str(node_home.path)])
    assert "entry 2" in str(result.exception)
    checked = CliRunner().invoke(app, ["check", "--home", str(node_home.path)])
    assert checked.exit_code == 1
    assert "entry 2" in checked.output


def test_a_release_that_did_not_leave_is_shown_as_such(node_home: NodeHome) -> None:
    gate = open_gate(node_home)
    gate.admit(question())
    gate.spend(noised(10.0))
    (row,) = entry_rows(open_ledger(node_home).entries(), Policy())
    assert row[6] == "not sent"


def test_pause_and_resume(node_home: NodeHome) -> None:
    assert "Paused" in said(node_home, "pause")
    assert "; paused" in said(node_home, "check")
    assert "Resumed" in said(node_home, "resume")
    assert "; paused" not in said(node_home, "check")
    said(node_home, "resume")


def test_approving_lists_what_is_approved(node_home: NodeHome) -> None:
    assert said(node_home, "approve", "--list") == ""
    assert said(node_home, "approve", "a" * 64) == "a" * 64 + "\n"
    assert said(node_home, "approve", "--list") == "a" * 64 + "\n"
    result = CliRunner().invoke(app, ["approve", "--home", str(node_home.path)])
    assert isinstance(result.exception, JuntosError)
