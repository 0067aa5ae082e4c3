"""What every request passes, whatever it asks."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from client.api.access_log import access_log
from client.api.application import create_api
from client.api.frame import Exchange
from client.serving.services import NodeServices
from tests.unit.client.api.conftest import CASE, Api
from tests.unit.client.small_hospital import SENTINEL

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_ids_are_echoed(api: Api) -> None:
    headers = {"X-Request-ID": "ward-7:41", "traceparent": TRACE}
    response = api.predict(headers=headers)
    assert response.headers["x-request-id"] == "ward-7:41" == response.json()["request_id"]
    assert response.headers["traceparent"] == TRACE


def test_ids_that_are_none_are_replaced(api: Api) -> None:
    headers = {"X-Request-ID": "a b\tc" * 40, "traceparent": "nonsense"}
    response = api.predict(headers=headers)
    assert len(response.headers["x-request-id"]) == 36
    assert "traceparent" not in response.headers


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/model", "/v1/predictions"])
def test_every_answer_has_the_headers(api: Api, path: str) -> None:
    response = api.call("GET", path, None)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "server" not in response.headers
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/v1/model", 405), ("GET", "/v1/predictions/x", 404)],
)
def test_http_errors_are_problems(api: Api, method: str, path: str, status: int) -> None:
    response = api.call(method, path, "audit")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["request_id"] == response.headers["x-request-id"]
    if status == 405:
        assert response.headers["allow"] == "GET"


def test_a_large_body_is_refused_before_it_is_read(open_api: Any) -> None:  # noqa: ANN401
    api = open_api(size={"request": 2048})
    announced = api.call("POST", "/v1/predictions", content=b" " * 4096)
    assert announced.status_code == 413
    assert announced.json()["type"] == "urn:juntos:problem:too-large"
    unannounced = api.call("POST", "/v1/predictions", content=iter([b" " * 1500] * 2))
    assert unannounced.status_code == 413
    assert unannounced.headers["content-type"] == "application/problem+json"


def test_a_failure_tells_nothing_of_the_patient(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(SENTINEL)

    monkeypatch.setattr(type(api.services.store.active), "answer_many", fail)
    response = api.predict()
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert SENTINEL not in response.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_the_log_says_how_and_not_what(api: Api) -> None:
    stream = io.StringIO()
    api.predict({**CASE, "note": SENTINEL}, patient=SENTINEL)
    api.call("GET", f"/v1/predictions?patient={SENTINEL}", "audit")
    api.call("GET", f"/{SENTINEL}", None)
    for exchange in api.exchanges:
        access_log(stream)(exchange)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert SENTINEL not in stream.getvalue()
    assert [(each["method"], each["route"], each["status"]) for each in lines] == [
        ("POST", "/v1/predictions", 200),
        ("GET", "/v1/predictions", 200),
        ("GET", "", 404),
    ]
    assert [each["key"] for each in lines] == ["predict-system", "audit-system", ""]
    assert all(each["milliseconds"] > 0 and each["time"] and each["request_id"] for each in lines)


def test_observers_get_every_exchange(api: Api) -> None:
    api.call("GET", "/healthz", None)
    api.predict({"age": 900})
    assert [(each.route, each.status) for each in api.exchanges] == [
        ("/healthz", 200),
        ("/v1/predictions", 422),
    ]
    assert isinstance(api.exchanges[0], Exchange)


def test_health(api: Api) -> None:
    assert api.call("GET", "/healthz", None).json() == {"status": "ok"}
    ready = api.call("GET", "/readyz", None)
    assert ready.status_code == 200
    assert ready.json()["model"] == api.services.store.active.identity.version


def test_a_node_without_a_model_is_alive_and_not_ready(api: Api) -> None:
    from client.serving.models_in_service import InService

    api.services.store._in_service = InService()
    assert api.call("GET", "/healthz", None).status_code == 200
    for response in (api.call("GET", "/readyz", None), api.predict()):
        assert response.status_code == 503
        assert response.json()["type"] == "urn:juntos:problem:no-model"
        assert response.headers["retry-after"]


def test_settings_are_read_from_the_folder(services: NodeServices) -> None:
    from fastapi.testclient import TestClient

    (services.home.path / "api.toml").write_text("[size]\nrequest = 1024\n")
    client = TestClient(create_api(services, observers=[]))
    assert client.post("/v1/predictions", content=b" " * 2000).status_code == 413


def test_the_model_and_the_contract(api: Api) -> None:
    model = api.call("GET", "/v1/model").json()
    assert model["digest"] == api.services.store.active.identity.digest
    assert model["coverages"] == [0.8, 0.9]
    contract = api.call("GET", "/v1/contract", "confirm").json()
    assert contract["hash"] == api.services.contract.hash
    properties = contract["case_schema"]["properties"]
    assert set(properties) == set(api.services.contract.recorded)
    assert properties["age"]["anyOf"][0]["maximum"] == 120


def test_an_administrator_pins_the_model(api: Api) -> None:
    (stored,) = api.call("GET", "/v1/models", "admin").json()["models"]
    assert (stored["role"], stored["pinned"]) == ("active", False)
    assert api.call("POST", "/v1/models/pin", "admin").json()["pinned"]
    assert not api.call("POST", "/v1/models/unpin", "admin").json()["pinned"]
    nowhere = api.call("POST", "/v1/models/rollback", "admin")
    assert nowhere.status_code == 409
    assert nowhere.json()["type"] == "urn:juntos:problem:model-not-changed"
