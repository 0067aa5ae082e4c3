"""What `juntos coordinator status`, `schedule`, `queue`, `request` and `cancel` say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from server.cli import app
from server.home import CoordinatorHome
from server.scheduling.queue import RunQueue
from shared.errors import SettingsError
from shared.run_settings import RunSettings
from shared.supervision.part import PartState, now
from shared.supervision.report import own_report, write_report

SCHEDULE = """
cooldown_hours = 24
[[calendar]]
name = "weekly"
cron = "0 2 * * sat"
timezone = "Europe/Madrid"
[[quiet]]
start = "00:00"
end = "23:59"
kinds = ["watch"]
[[quiet]]
start = "23:59"
end = "00:00"
kinds = ["watch"]
"""


def run(home: CoordinatorHome, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--home", str(home.path)])


def status(home: CoordinatorHome) -> tuple[int, dict[str, dict[str, Any]]]:
    done = run(home, "status", "--json")
    return done.exit_code, json.loads(done.output)


def test_a_coordinator_that_does_not_run(home: CoordinatorHome) -> None:
    code, lines = status(home)
    assert code == 1
    assert lines["service"]["fix"] == "Start it: juntos coordinator serve"
    assert lines["superlink"]["state"] == "off"


def test_parts_that_run_and_one_that_keeps_ending(home: CoordinatorHome) -> None:
    up = PartState("up", now())
    parts = dict.fromkeys(("superlink", "door", "dispatcher"), up)
    write_report(home.path, own_report(now(), {**parts, "dashboard": up}))
    code, lines = status(home)
    assert code == 0
    assert lines["dashboard"]["text"] == "answers at http://127.0.0.1:8470"
    broken = PartState("restarting", now(), 3, "The door ended by itself.")
    write_report(home.path, own_report(now(), {**parts, "door": broken, "dashboard": up}))
    code, lines = status(home)
    assert code == 1
    assert lines["door"]["text"] == "The door ended by itself."
    assert "door.log" in lines["door"]["fix"]


def test_status_names_the_run_and_why(home: CoordinatorHome) -> None:
    queue = RunQueue(home.engine())
    queue.begin("learn", "The calendar said so.", "calendar", RunSettings(), "hash")
    queue.request("watch", "A person asked.")
    _, lines = status(home)
    assert lines["run"]["text"] == "run-0001 (learn): The calendar said so. Now: starting"
    assert lines["queue"]["waiting"] == 1


def test_what_comes_next_and_why(home: CoordinatorHome) -> None:
    (home.path / "schedule.toml").write_text(SCHEDULE)
    assert run(home, "request", "explore", "--reason", "To see.").exit_code == 0
    assert run(home, "request", "watch", "--reason", "How is it?").exit_code == 0
    coming = json.loads(run(home, "schedule", "--json").output)
    assert [each["kind"] for each in coming] == ["explore", "watch", "learn"]
    assert coming[0]["at"] is None
    assert coming[1]["held_back_by"].startswith("Quiet hours until")
    assert coming[2]["reason"] == "Calendar entry 'weekly' (0 2 * * sat, Europe/Madrid)."
    plain = run(home, "schedule").output
    assert "now" in plain
    assert "weekly" in plain


def test_the_queue_and_what_is_taken_back(home: CoordinatorHome) -> None:
    assert "Nothing was asked for" in run(home, "queue").output
    run(home, "request", "learn", "--reason", "To see.", "--urgent")
    (request,) = json.loads(run(home, "queue", "--json").output)
    assert (request["priority"], request["reason"]) == (100, "To see.")
    assert "is cancelled" in run(home, "cancel", "1").output
    assert "To see. Cancelled by" in run(home, "queue").output
    again = run(home, "cancel", "1")
    assert isinstance(again.exception, SettingsError)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lern",), "no kind of run"),
        (("deploy", "--hospitals", "nowhere"), "nowhere"),
        (("learn", "--settings", "bad.toml"), "sed"),
        (("learn", "--settings", "absent.toml"), "does not exist"),
    ],
)
def test_what_could_never_begin_is_refused_now(
    home: CoordinatorHome,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(home.path)
    (home.path / "bad.toml").write_text("sed = 3\n")
    done = run(home, "request", *arguments, "--reason", "x")
    assert isinstance(done.exception, SettingsError)
    assert words in str(done.exception)
    assert RunQueue(home.engine()).all() == []


def test_a_new_federation_has_a_schedule_that_schedules_nothing(home: CoordinatorHome) -> None:
    text = (home.path / "schedule.toml").read_text()
    assert "Nothing is scheduled" in run(home, "schedule").output
    # Every line that a person may take the sign from can be used.
    lines = [line.removeprefix("# ") for line in text.splitlines() if is_example(line)]
    (home.path / "schedule.toml").write_text("\n".join(lines))
    (home.path / "run.toml").write_text("")
    coming = json.loads(run(home, "schedule", "--json").output)
    assert sorted(each["kind"] for each in coming) == ["learn", "watch"]


def is_example(line: str) -> bool:
    return line.startswith("# [") or (" = " in line and line.startswith("# "))


def test_the_unit_of_systemd(home: CoordinatorHome) -> None:
    done = run(home, "systemd-unit", "--user", "juntos")
    assert done.exit_code == 0
    assert f"coordinator serve --home {home.path}" in done.stdout
    assert f"ReadWritePaths={home.path}" in done.stdout
