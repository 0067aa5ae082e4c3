"""What Prometheus is told: conventional names, nothing of a patient."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from client.api.process import watched_api
from client.api.settings import ApiSettings
from client.confirmations import Confirmation, Confirmations
from client.daily.job import DailyJob
from client.monitoring.counting_together import FOLDER_VARIABLE, counting_together
from client.monitoring.kept_findings import keep
from client.monitoring.node_metrics import USUAL_DAYS, USUAL_EPSILON
from client.monitoring.watching import watch
from client.privacy.database import database_url
from client.privacy.entry import Entry
from client.privacy.ledger import Ledger
from client.privacy.policy import Policy
from client.serving.services import NodeServices
from tests.unit.client.api.conftest import CASE, RATE, keys_of
from tests.unit.client.daily.conftest import patients
from tests.unit.client.monitoring.conftest import SETTINGS, Ask, usual_cases
from tests.unit.client.small_hospital import SENTINEL

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(text: str) -> Figures:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def client(services: NodeServices) -> Iterator[TestClient]:
    application = watched_api(services, ApiSettings.model_validate({"rate": RATE}))
    with TestClient(application, raise_server_exceptions=False) as found:
        yield found


def asked(client: TestClient) -> Figures:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return figures(answer.text)


def test_requests_are_counted_by_route_and_never_by_path(
    services: NodeServices, client: TestClient
) -> None:
    key = {"Authorization": f"Bearer {keys_of(services)['predict']}"}
    client.post("/v1/predictions", json={"case": CASE}, headers=key)
    client.post("/v1/predictions", json={"case": {"age": SENTINEL}}, headers=key)
    client.get(f"/somewhere/{SENTINEL}")
    found = asked(client)
    route = ("route", "/v1/predictions")
    for status in ("200", "422"):
        labels = tuple(sorted([("method", "POST"), route, ("status", status)]))
        assert found["juntos_http_requests_total", labels] == 1
    labels = (("method", "POST"), route)
    assert found["juntos_http_request_duration_seconds_count", labels] == 2
    text = client.get("/metrics").text
    assert SENTINEL not in text
    assert "somewhere" not in text


def test_the_node_is_described(services: NodeServices, client: TestClient) -> None:
    found = asked(client)
    identity = services.store.active.identity
    assert found["juntos_ready", ()] == 1
    assert found["juntos_audit_waiting", ()] == 0
    assert found["juntos_audit_lag_seconds", ()] >= 0
    assert found["juntos_queue_length", (("queue", "files_of_cases"),)] == 0
    assert found["juntos_privacy_budget_left_epsilon", ()] == USUAL_EPSILON
    [model] = [dict(labels) for name, labels in found if name == "juntos_model_info"]
    assert (model["role"], model["version"]) == ("active", identity.version)
    unavailable = {labels: value for (name, labels), value in found.items() if "unavail" in name}
    assert set(unavailable.values()) == {0}
    assert ("juntos_daily_last_success_timestamp_seconds", ()) not in found


def test_a_part_that_cannot_be_had_takes_no_other_with_it(
    services: NodeServices, client: TestClient
) -> None:
    services.home.policy_file.write_text("epsilon = [")
    found = asked(client)
    assert found["juntos_metrics_unavailable", (("part", "budget"),)] == 1
    assert ("juntos_privacy_budget_left_epsilon", ()) not in found
    assert found["juntos_ready", ()] == 1


def test_the_daily_job_and_drift_are_told(
    services: NodeServices, client: TestClient, ask: Ask
) -> None:
    import pandas as pd

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
    found = asked(client)
    assert found["juntos_daily_records", (("state", "answered"),)] == 3
    assert found["juntos_daily_last_success_timestamp_seconds", ()] > 1.7e9
    assert found["juntos_drift_window_answers", ()] == 123
    assert ("juntos_drift_feature_drifted", (("feature", "age"),)) in found
    assert 0 <= found["juntos_recall_lower_bound_ratio", (("disease", "grade_2"),)] <= 1
    labels = {value for _, pairs in found for _, value in pairs}
    assert not labels & {each.id for each in answers}
    assert not labels & {each.patient for each in answers}


def test_the_usual_budget_is_that_of_the_policy() -> None:
    assert (Policy().epsilon, Policy().period_days) == (USUAL_EPSILON, USUAL_DAYS)


def test_what_is_left_of_the_budget(services: NodeServices, client: TestClient) -> None:
    ledger = Ledger(database_url(services.home), "Test", "code")
    services.home.policy_file.write_text("epsilon = 5.0\n")
    with ledger.writing() as written:
        written.append(Entry("spent", "1", "summarise", "summary", epsilon=1.5))
        written.append(Entry("spent", "1", "train", "model", epsilon=2.0))
        written.append(Entry("sent", "1", "train", answers="2"))
    ledger.close()
    found = asked(client)
    assert found["juntos_privacy_budget_epsilon", ()] == 5
    assert found["juntos_privacy_budget_left_epsilon", ()] == 3


COUNTING = """
import sys
from client.api.frame import Exchange
from client.monitoring.request_metrics import RequestMetrics
from prometheus_client.exposition import generate_latest
metrics = RequestMetrics()
metrics.observe(Exchange("GET", "/healthz", 200, 0.001, "", "", 0, 0))
if sys.argv[1] == "tell":
    print(generate_latest(metrics.registry).decode())
"""


def test_several_processes_count_together(tmp_path: Path) -> None:
    assert counting_together(tmp_path, 1) == {}
    together = counting_together(tmp_path, 2)
    environment = {**os.environ, **together}
    for word in ("keep", "tell"):
        command = [sys.executable, "-c", COUNTING, word]
        told = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout
    labels = (("method", "GET"), ("route", "/healthz"), ("status", "200"))
    assert figures(told)["juntos_http_requests_total", labels] == 2
    counting_together(tmp_path, 2)
    assert list(Path(together[FOLDER_VARIABLE]).iterdir()) == []


TRAINING = ("torch", "xgboost", "opacus", "flwr", "mlflow", "sklearn", "pandas")
IMPORTING = f"""
import sys
import client.monitoring.metrics
print([name for name in {TRAINING} if name in sys.modules])
"""


def test_measuring_needs_nothing_of_training() -> None:
    command = [sys.executable, "-c", IMPORTING]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"
