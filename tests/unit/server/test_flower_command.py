from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from server import flower_run
from server.flower_command import FlowerCommandError, flower_command, last_json
from server.flower_run import copy_app, run_status, start_run
from server.home import CoordinatorHome


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", {}),
        ("no json", {}),
        ('{"success": true}', {"success": True}),
        ('a {warning}\n{"run-id": "7",\n "x": {"y": 1}}', {"run-id": "7", "x": {"y": 1}}),
    ],
)
def test_the_answer_is_found_behind_other_words(output: str, expected: dict[str, Any]) -> None:
    assert last_json(output) == expected


def test_a_superlink_that_does_not_run_is_named(home: CoordinatorHome) -> None:
    (home.flower / "config.toml").write_text(
        '[superlink]\ndefault = "juntos"\n[superlink.juntos]\naddress = "127.0.0.1:9"\n'
        f'root-certificates = "{home.authority_certificate}"\n'
    )
    with pytest.raises(FlowerCommandError, match="`flwr ls` failed") as caught:
        flower_command(home, "ls", "juntos")
    assert "coordinator serve" in caught.value.fix


def test_the_app_holds_no_code(home: CoordinatorHome) -> None:
    app = copy_app(home)
    assert copy_app(home) == app
    assert {path.suffix for path in app.rglob("*") if path.is_file()} <= {".toml", ".md", ""}
    settings = tomllib.loads((app / "pyproject.toml").read_text())["tool"]["flwr"]["app"]
    assert settings["components"] == {"serverapp": "server.app:app", "clientapp": "client.app:app"}
    assert settings["config"] == {"run": ""}


def test_a_run_carries_our_identifier(
    home: CoordinatorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def answer(_home: CoordinatorHome, *arguments: str) -> dict[str, Any]:
        asked.append(arguments)
        return {"run-id": "123", "runs": [{"status": "running"}]}

    monkeypatch.setattr(flower_run, "flower_command", answer)
    assert start_run(home, "run-0001") == "123"
    assert asked[0] == ("run", str(Path(home.flower / "app")), "juntos", *config("run-0001"))
    start_run(home, 'x" federation="other')
    assert asked[1][-2:] == config("xfederationother")
    assert run_status(home, "123") == "running"


def config(run: str) -> tuple[str, str]:
    return "--run-config", f'run="{run}"'
