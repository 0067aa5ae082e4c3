"""Confirmed diagnoses by the API, and finding again what was answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.client.api.conftest import CASE, Api


def confirm(api: Api, **body: Any) -> Any:  # noqa: ANN401
    return api.call("POST", "/v1/confirmations", "confirm", json=body)


def test_a_diagnosis_is_confirmed_for_an_answer(api: Api) -> None:
    asked = api.predict(patient="10").json()["prediction_id"]
    response = confirm(api, prediction_id=asked, code="grade_2", source="pathology")
    assert response.status_code == 201, response.text
    assert response.json() == {
        "state": "confirmed",
        "code": "grade_2",
        "date": response.json()["date"],
        "prediction_id": asked,
        "statements": 1,
    }
    other = confirm(api, prediction_id=asked, code="none", source="clinic")
    assert (other.json()["state"], other.json()["statements"]) == ("conflict", 2)


def test_a_diagnosis_is_confirmed_for_a_patient(api: Api) -> None:
    asked = api.predict(patient="10").json()["prediction_id"]
    response = confirm(api, patient=10, code="none")
    assert response.status_code == 201, response.text
    assert response.json()["prediction_id"] == asked


@pytest.mark.parametrize(
    "body",
    [
        {"code": "none"},
        {"code": "nothing", "patient": "10"},
        {"code": "none", "prediction_id": "no-such-id"},
        {"code": "none", "patient": "10", "date": "2024-02-31"},
        {"code": "none", "patient": "10", "date": "yesterday"},
    ],
)
def test_wrong_confirmations_are_problems(api: Api, body: dict[str, Any]) -> None:
    response = confirm(api, **body)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"] or response.json()["detail"]


def test_an_answer_is_found_again(api: Api) -> None:
    asked = [api.predict(patient=each).json()["prediction_id"] for each in ("10", "11", "10")]
    by_patient = api.call("GET", "/v1/predictions?patient=10", "audit").json()["predictions"]
    assert [each["id"] for each in by_patient] == [asked[2], asked[0]]
    one = api.call("GET", f"/v1/predictions/{asked[1]}", "audit").json()
    assert one["input"]["age"] == CASE["age"]
    assert one["output"]["ranked"]
    assert one["patient"] not in ("11", by_patient[0]["patient"])


def test_answers_come_in_pages(api: Api) -> None:
    asked = [api.predict().json()["prediction_id"] for _ in range(5)]
    found, after = [], ""
    while after is not None:
        page = api.call("GET", f"/v1/predictions?limit=2&after={after}", "audit").json()
        found += [each["id"] for each in page["predictions"]]
        after = page["after"]
    assert found == asked[::-1]


def test_the_challenger_answers_for_the_record_alone(api: Api) -> None:
    from client.serving.models_in_service import InService

    active = api.services.store.active
    api.services.store._in_service = InService(active, active)
    asked = api.predict().json()["prediction_id"]
    found = api.call("GET", "/v1/predictions", "audit").json()["predictions"]
    assert [(each["mode"], each["beside"]) for each in found] == [("shadow", asked), ("shown", "")]
    assert found[0]["output"]["ranked"] == found[1]["output"]["ranked"]


def test_a_challenger_that_fails_is_not_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from client.serving.models_in_service import InService

    store = api.services.store
    store._in_service = InService(store.active, object())  # type: ignore[arg-type]
    assert api.predict().status_code == 200
    assert len(api.call("GET", "/v1/predictions", "audit").json()["predictions"]) == 1
