"""Alerts speak of figures that exist, fire when they should, and each has its page."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "docker" / "prometheus"
RULES = sorted(FOLDER.glob("*.rules.yaml"))
RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
# Suffixes that Prometheus' own library gives to what code names.
SUFFIXES = ("_total", "_bucket", "_sum", "_count", "_info", "")
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not on this machine"
)


def alerts() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                yield file.name, rule


def named_in_code() -> set[str]:
    """Return every figure that the code of the roles names."""
    found: set[str] = set()
    for folder in ("client", "server", "shared"):
        for file in (REPOSITORY / folder).rglob("*.py"):
            found |= set(re.findall(r'"(juntos_[a-z_]+)"', file.read_text(encoding="utf-8")))
    return found


def test_alerts_speak_of_figures_that_exist() -> None:
    known = named_in_code()
    for name, rule in alerts():
        asked = set(re.findall(r"juntos_[a-z_]+", rule["expr"]))
        assert asked or "up{" in rule["expr"], rule["alert"]
        for each in asked:
            origins = {each.removesuffix(suffix) for suffix in SUFFIXES if each.endswith(suffix)}
            assert origins & known, (name, rule["alert"], each)


def test_each_alert_has_its_page_and_each_page_its_alert() -> None:
    pages = {each.lower(): each for each in re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)}
    found = set()
    for _, rule in alerts():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        address = rule["annotations"]["runbook_url"]
        assert address == f"docs/runbook.md#{rule['alert'].lower()}"
        assert pages[rule["alert"].lower()] == rule["alert"]
        found.add(rule["alert"])
    assert found == set(pages.values())


def test_no_alert_asks_by_what_one_hospital_or_patient_is() -> None:
    for _, rule in alerts():
        labels = set(re.findall(r"(\w+)=~?\"", rule["expr"]))
        assert labels <= {"job", "state", "status", "kind", "route", "part"}, rule["alert"]


@needs_promtool
def test_prometheus_takes_them() -> None:
    check("check", "rules", *map(str, RULES))
    check("check", "config", str(FOLDER / "prometheus.yaml"))


@needs_promtool
def test_they_fire_when_they_should_and_only_then() -> None:
    check("test", "rules", str(FOLDER / "rules.test.yaml"))


def check(*arguments: str) -> None:
    done = subprocess.run(
        ["promtool", *arguments], capture_output=True, text=True, check=False, cwd=Path(FOLDER)
    )
    assert done.returncode == 0, done.stdout + done.stderr
