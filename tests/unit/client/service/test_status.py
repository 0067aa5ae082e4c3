from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from client.cli import app
from client.home import open_home
from client.privacy.pause import pause
from client.service import status
from client.service.status import lost
from server.enrolment.certificates import create_authority, create_server_identity
from shared.processes import free_port
from shared.supervision import report
from shared.supervision.part import PartState
from shared.supervision.report import own_report, read_report, write_report
from tests.unit.client.service.test_api_part import open_part

UP = PartState("up", "2026-11-25T06:00:00+00:00")


def told(home: Path) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["status", "--home", str(home), "--json"])
    return result.exit_code, json.loads(result.output)


@pytest.fixture(autouse=True)
def certificate(home: Path) -> None:
    identity = create_server_identity(create_authority("Test"), "127.0.0.1")
    pem = identity.certificate.public_bytes(Encoding.PEM)
    (home / "keys" / "certificate.pem").write_bytes(pem)


def test_a_node_that_does_not_run_says_so(home: Path) -> None:
    code, found = told(home)
    assert code == 1
    assert found["service"] == {
        "state": "attention",
        "text": "not running",
        "running": False,
        "fix": "Start it: juntos node serve",
    }
    assert found["api"]["up"] is False
    assert len(found["model"]["digest"]) == 64
    assert found["budget"]["left"] == found["budget"]["epsilon"]
    assert found["last_run"]["run"] is None
    assert found["daily"]["last_day"] is None


def test_all_is_well(home: Path) -> None:
    running = open_part(home, free_port())
    running.step_until("up")
    write_report(home, own_report("2026-11-25T06:00:00+00:00", {"supernode": UP, "api": UP}))
    code, found = told(home)
    pause(home)
    paused_code, paused = told(home)
    running.part.stop()
    down_code, down = told(home)

    assert (code, found["connection"]["connected"], found["api"]["ready"]) == (0, True, True)
    assert found["api"]["address"] == f"http://127.0.0.1:{running.port}"
    # A pause is the administrator's own decision.
    assert (paused_code, paused["paused"]["paused"]) == (0, True)
    assert (down_code, down["api"]["up"]) == (1, False)


def test_why_something_does_not_run_is_told(home: Path) -> None:
    reason = "The coordinator does not know this node's key."
    trouble = PartState("restarting", UP.since, 3, reason)
    write_report(home, own_report("2026-11-25T06:00:00+00:00", {"supernode": trouble}))
    result = CliRunner().invoke(app, ["status", "--home", str(home)])
    assert result.exit_code == 1
    assert f"connection: {reason}\nfix: " in result.output


def test_the_report_of_a_killed_service_is_none(home: Path) -> None:
    gone = own_report("2026-11-25T06:00:00+00:00", {"api": UP})
    write_report(home, gone)
    assert read_report(home) == gone
    # Another process has its number now.
    write_report(home, gone.model_copy(update={"created": gone.created - 100}))
    assert read_report(home) is None
    (home / report.REPORT_FILE).write_text("{")
    assert read_report(home) is None


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("SuperNode ID: 7\n", False),
        ("SuperNode ID: 7\nConnection attempt failed, retrying in 2 seconds\n", True),
        ("Connection attempt failed\nConnection successful after 3 seconds and 2 tries.\n", False),
        ("", False),
    ],
)
def test_a_lost_connection_is_seen(tmp_path: Path, log: str, expected: bool) -> None:
    (tmp_path / "log").write_text(log)
    assert lost(tmp_path / "log") is expected


def test_a_certificate_that_soon_expires_deserves_attention(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = datetime.now(UTC) + timedelta(days=5, hours=1)
    monkeypatch.setattr("client.node_checks.certificate_end", lambda _: ends)
    line = status.status_of(open_home(home))[-1]
    assert (line.name, line.standing, line.facts["days"]) == ("certificate", "attention", 5)


def test_a_damaged_part_hides_no_other(home: Path) -> None:
    shutil.rmtree(home / "models")
    (home / "models").mkdir()
    (home / "models" / "state.json").write_text("{")
    _, found = told(home)
    assert "cannot be read" in found["model"]["text"]
    assert found["certificate"]["state"] == "ok"
