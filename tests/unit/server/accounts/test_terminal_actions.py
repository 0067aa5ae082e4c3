"""What somebody does at the coordinator's machine is in the same records as what others do."""

from __future__ import annotations

import getpass

import pytest
from typer.testing import CliRunner

from server.accounts.actions import ActionLog
from server.cli import app
from server.home import CoordinatorHome
from shared.errors import JuntosError


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            ["request", "watch", "--reason", "To see."],
            ("run.request", "watch", "done", "To see."),
        ),
        (["cancel", "7"], ("run.cancel", "7", "refused", "There is no request 7.")),
        (
            ["sign-off", "give", "--name", "Dr. Silva", "--until", "2999-01-01"],
            ("sign_off.give", "Dr. Silva", "done", "until 2999-01-01"),
        ),
        (
            ["sign-off", "withdraw", "3"],
            ("sign_off.withdraw", "3", "refused", "There is no standing sign-off 3."),
        ),
        (
            ["reject", "run-0009", "--because", "Worse.", "--by", "Dr. Silva"],
            (
                "candidate.reject",
                "run-0009",
                "refused",
                "by Dr. Silva; Worse.; There is no run 'run-0009'.",
            ),
        ),
        (["enrol", "braga"], ("hospital.enrol", "braga", "done", "")),
        (
            ["contract", "publish", "heart_disease"],
            (
                "contract.publish",
                "heart_disease",
                "refused",
                "heart_disease is the current version, 1.1.0.",
            ),
        ),
        (
            ["approve", "run-0009", "--name", "Dr. Silva"],
            ("candidate.approve", "run-0009", "refused", "Dr. Silva; There is no run 'run-0009'."),
        ),
    ],
)
def test_it_is_written_down(
    home: CoordinatorHome, command: list[str], expected: tuple[str, str, str, str]
) -> None:
    result = CliRunner().invoke(app, [*command, "--home", str(home.path)])
    assert result.exception is None or isinstance(result.exception, JuntosError)
    (entry,) = ActionLog(home.engine()).find()
    assert (entry.action, entry.subject, entry.outcome, entry.detail) == expected
    assert (entry.actor, entry.through) == (getpass.getuser(), "terminal")
