"""Dashboards: every query gives something, asked of a Prometheus that scrapes both roles."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from client.api.process import watched_api
from client.api.settings import ApiSettings
from client.confirmations import Confirmation, Confirmations
from client.daily.job import DailyJob
from client.monitoring.kept_findings import keep
from client.monitoring.watching import watch
from client.serving.services import NodeServices
from server.dashboard.application import create_dashboard
from shared.processes import wait_until
from shared.supervision.part import PartState, now
from shared.supervision.report import own_report, write_report
from tests.conftest import REPOSITORY
from tests.integration.operations.prometheus_server import Prometheus, prometheus, told
from tests.sample_federation import write_federation
from tests.unit.client.api.conftest import CASE, RATE, keys_of
from tests.unit.client.api.conftest import filled_home as filled_home
from tests.unit.client.api.conftest import home as home
from tests.unit.client.api.conftest import services as services
from tests.unit.client.daily.conftest import patients
from tests.unit.client.monitoring.conftest import SETTINGS, Ask, usual_cases
from tests.unit.client.monitoring.conftest import ask as ask

FOLDER = REPOSITORY / "docker" / "grafana" / "dashboards"
NAMES = ("node", "coordinator")
PARTS = ("superlink", "door", "dispatcher", "dashboard")


def dashboard(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def queries(name: str) -> Iterator[tuple[str, str]]:
    for panel in dashboard(name)["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$instance", ".*")


@pytest.fixture
def node(services: NodeServices, ask: Ask) -> Iterator[int]:
    """The port of a node that has answered, confirmed, looked for drift and had its daily job."""
    pd.DataFrame(patients(3)).to_csv(services.home.path / "patients.csv", index=False)
    DailyJob(services).run(date(2026, 11, 25))
    answers = ask(usual_cases(120))
    Confirmations(services.audit, services.contract).write(
        [
            Confirmation(code="grade_2", who="ada", prediction=each.id, date="2026-11-25")
            for each in answers[:8]
        ]
    )
    keep(services.home.path, watch(services, SETTINGS))
    key = {"Authorization": f"Bearer {keys_of(services)['predict']}"}
    application = watched_api(services, ApiSettings.model_validate({"rate": RATE}))
    with TestClient(application) as client:

        def figures() -> str:
            client.post("/v1/predictions", json={"case": CASE}, headers=key)
            return client.get("/metrics").text

        with told(figures) as port:
            yield port


@pytest.fixture
def coordinator(tmp_path: Path) -> Iterator[int]:
    """The port of a coordinator with a federation."""
    home = write_federation(tmp_path / "coordinator")
    write_report(home.path, own_report(now(), dict.fromkeys(PARTS, PartState("up", now()))))
    client = TestClient(create_dashboard(home), base_url="http://127.0.0.1:8470")
    with told(lambda: client.get("/metrics").text) as port:
        yield port


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not on this machine")
def test_every_query_gives_something(node: int, coordinator: int, tmp_path: Path) -> None:
    jobs = {"juntos-node": node, "juntos-coordinator": coordinator}
    with prometheus(tmp_path, jobs) as server:
        for job in jobs:
            assert wait_until(lambda job=job: server.scraped(job, 4), 60, interval=0.5)  # type: ignore[misc]
        empty = [found for name in NAMES for found in queries(name) if not answered(server, found)]
    assert empty == []


def answered(server: Prometheus, query: tuple[str, str]) -> bool:
    values = [float(each["value"][1]) for each in server.ask(query[1])]
    return any(not math.isnan(value) for value in values)


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_is_whole(name: str) -> None:
    found = dashboard(name)
    panels = found["panels"]
    assert len({each["id"] for each in panels}) == len(panels)
    assert {each["name"] for each in found["templating"]["list"]} == {"source", "instance"}
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24, panel["title"]
        assert panel["type"] == "row" or panel["targets"], panel["title"]
    for one, other in combinations(panels, 2):
        assert apart(one["gridPos"], other["gridPos"]), (one["title"], other["title"])


@pytest.mark.parametrize("name", NAMES)
def test_a_query_keeps_to_its_role(name: str) -> None:
    for title, query in queries(name):
        for selector in re.findall(r"juntos_\w+({[^}]*})?", query):
            assert f'job="juntos-{name}"' in selector, title


def apart(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return beside or below
