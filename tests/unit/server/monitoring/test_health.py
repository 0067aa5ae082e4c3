"""How the coordinator does, as Prometheus and load balancers ask it."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from server.dashboard.application import create_dashboard
from server.home import CoordinatorHome
from shared.http.access_log import access_log
from shared.json_logs import write_json_logs
from shared.supervision.part import PartState, now
from shared.supervision.report import own_report, write_report
from tests.sample_federation import write_federation

PARTS = ("superlink", "door", "dispatcher", "dashboard")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> CoordinatorHome:
    return write_federation(tmp_path_factory.mktemp("sample") / "home")


@pytest.fixture
def client(home: CoordinatorHome) -> TestClient:
    return TestClient(
        create_dashboard(home), base_url="http://127.0.0.1:8470", follow_redirects=False
    )


def running(home: CoordinatorHome, **states: PartState) -> None:
    up = dict.fromkeys(PARTS, PartState("up", now()))
    write_report(home.path, own_report(now(), {**up, **states}))


def figures(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_alive_without_and_ready_with_what_it_needs(
    home: CoordinatorHome, client: TestClient
) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    unready = client.get("/readyz")
    assert unready.status_code == 503
    assert unready.headers["content-type"] == "application/problem+json"
    assert unready.json()["detail"] == "The service does not run."
    running(home, dispatcher=PartState("restarting", now(), 2, "It ended."))
    assert client.get("/readyz").json()["detail"] == "The dispatcher is not up."
    running(home)
    assert client.get("/readyz").status_code == 200


def test_every_figure_is_there_under_its_name(home: CoordinatorHome, client: TestClient) -> None:
    running(home)
    client.get("/login")
    client.get("/no/such/page")
    text = client.get("/metrics").text
    found = figures(text)
    assert {value for (name, _), value in found.items() if "unavailable" in name} == {0.0}
    assert found["juntos_ready", ""] == 1.0
    assert found["juntos_coordinator_part_up", "dispatcher"] == 1.0
    assert sum(v for (n, _), v in found.items() if n == "juntos_coordinator_hospitals") >= 4
    assert found["juntos_coordinator_alarms", "feed"] >= 1
    assert found["juntos_coordinator_candidates", "waits_for_approval"] >= 1
    assert found["juntos_coordinator_runs_total", "completed"] >= 1
    assert found["juntos_coordinator_certificate_seconds", ""] > 300 * 86400
    assert found["juntos_http_requests_total", "GET,none,404"] >= 1
    # Names of hospitals and numbers of runs are no labels.
    assert "run-00" not in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on this machine")
def test_prometheus_finds_nothing_to_mend(home: CoordinatorHome, client: TestClient) -> None:
    running(home)
    text = client.get("/metrics").text
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_database_that_is_gone_makes_it_unready(tmp_path: Path) -> None:
    home = write_federation(tmp_path / "home")
    running(home)
    client = TestClient(create_dashboard(home), base_url="http://127.0.0.1:8470")
    home.close()
    (home.path / "coordinator.db").unlink()
    (home.path / "coordinator.db").mkdir()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "database" in answer.json()["detail"]
    assert client.get("/healthz").status_code == 200


def test_logs_are_json_and_say_nothing_of_what_went_wrong_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    stream = StringIO()
    write_json_logs(stream)
    try:
        raise ValueError("Maria Lopez")
    except ValueError:
        logging.getLogger("juntos.coordinator").exception("reading failed")
    line = json.loads(stream.getvalue())
    assert line["event"] == "reading failed"
    assert line["exception"] == "ValueError"
    assert line["logger"] == "juntos.coordinator"
    assert line["level"] == "error"
    assert "Maria" not in stream.getvalue()


def test_each_request_is_a_line_without_what_was_asked(home: CoordinatorHome) -> None:
    stream = StringIO()
    application = create_dashboard(home, observers=[access_log(stream)])
    client = TestClient(application, base_url="http://127.0.0.1:8470", follow_redirects=False)
    client.get("/runs/run-0001?secret=x")
    line = json.loads(stream.getvalue())
    assert (line["method"], line["status"]) == ("GET", 303)
    assert "secret" not in stream.getvalue()
