"""One case and several: what is answered, what is written down, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from client.audit import AuditQuery, AuditUnavailableError
from tests.unit.client.api.conftest import CASE, Api
from tests.unit.client.small_hospital import SENTINEL


def problem(response: Any) -> dict[str, Any]:  # noqa: ANN401
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    return found


def test_a_case_gets_a_differential_that_is_written_down(api: Api) -> None:
    response = api.predict(patient="10")
    assert response.status_code == 200, response.text
    answer = response.json()
    model = api.services.store.active
    assert [each["probability"] for each in answer["ranked"]] == sorted(
        (each["probability"] for each in answer["ranked"]), reverse=True
    )
    total = sum(each["probability"] for each in answer["ranked"])
    assert total + answer["other"]["probability"] == pytest.approx(1)
    assert answer["prediction_set"]["coverage"] == 0.9
    assert answer["model"]["digest"] == model.identity.digest
    written = api.services.audit.get(answer["prediction_id"])
    assert written is not None
    assert written.output is not None
    assert written.input is not None
    assert written.output["ranked"] == answer["ranked"]
    # 18.5 kPa in the contract's unit.
    assert written.input["pressure"] == pytest.approx(138.76, abs=0.01)
    assert written.caller == "predict-system"
    assert written.patient == api.services.audit.pseudonym("10")
    assert written.request == response.headers["x-request-id"] == answer["request_id"]


def test_problems_name_every_field_and_no_value(api: Api) -> None:
    case = {
        "age": 300,
        "pressure": {"value": 18, "unit": SENTINEL},
        "pain": SENTINEL,
        "phenotypes": ["HP:0001250", "HP:9999999"],
        "weight": 80,
    }
    response = api.predict(case)
    assert response.status_code == 422
    found = problem(response)
    assert found["type"] == "urn:juntos:problem:invalid-case"
    assert {each["field"]: each["pointer"] for each in found["errors"]} == {
        "age": "/case/age",
        "pressure.unit": "/case/pressure/unit",
        "pain": "/case/pain",
        "phenotypes[1]": "/case/phenotypes/1",
        "weight": "/case/weight",
    }
    assert all(each["fix"] for each in found["errors"])
    assert SENTINEL not in response.text
    assert api.services.audit.find(AuditQuery()) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "case"),
        ({"case": []}, "case"),
        ({"case": {}, "explain": SENTINEL}, "explain"),
        ({"case": {}, "unknown": 1}, "unknown"),
    ],
)
def test_a_wrong_shape_is_a_problem_too(api: Api, body: Any, field: str) -> None:  # noqa: ANN401
    response = api.call("POST", "/v1/predictions", json=body)
    assert response.status_code == 422
    assert field in [each["field"] for each in problem(response)["errors"]]
    assert SENTINEL not in response.text


def test_what_is_no_json_is_a_problem(api: Api) -> None:
    response = api.call(
        "POST",
        "/v1/predictions",
        content=b"{" + SENTINEL.encode(),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 422
    assert SENTINEL not in response.text
    problem(response)


def test_a_batch_answers_what_it_can(api: Api) -> None:
    cases = [{"case": CASE, "patient": "10"}, {"case": {"age": -1}}, {"case": {}}]
    response = api.call("POST", "/v1/predictions/batch", json={"cases": cases})
    assert response.status_code == 200, response.text
    found = response.json()
    assert (found["answered"], found["refused"]) == (2, 1)
    first, refused, last = found["results"]
    assert refused["problem"]["errors"][0]["pointer"] == "/cases/1/case/age"
    assert first["prediction"]["ranked"] == api.predict().json()["ranked"]
    assert not last["prediction"]["enough_evidence"]
    assert last["prediction"]["why_not"]
    for each in (first, last):
        assert api.services.audit.get(each["prediction"]["prediction_id"]) is not None


def test_a_batch_has_a_size(open_api: Any) -> None:  # noqa: ANN401
    api = open_api(size={"batch_cases": 2})
    response = api.call("POST", "/v1/predictions/batch", json={"cases": [{"case": {}}] * 3})
    assert response.status_code == 422
    assert problem(response)["errors"][0]["field"] == "cases"


def test_reasons_come_on_request(api: Api) -> None:
    answer = api.predict(explain=True).json()
    explanation = answer["explanation"]
    assert explanation["code"] == answer["ranked"][0]["code"]
    assert all(each["weight"] > 0 for each in explanation["supporting"])
    assert all(each["weight"] < 0 for each in explanation["opposing"])
    assert "explanation" not in api.predict().json()
    other = answer["ranked"][-1]["code"]
    assert api.predict(explain=True, explain_code=other).json()["explanation"]["code"] == other
    refused = api.predict(explain=True, explain_code="nothing")
    assert refused.status_code == 422
    assert problem(refused)["errors"][0]["field"] == "explain_code"


def test_the_same_key_and_body_get_the_same_answer(api: Api) -> None:
    headers = {"Idempotency-Key": "order-7"}
    first = api.predict(headers=headers, explain=True)
    again = api.predict(headers=headers, explain=True)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(api.services.audit.find(AuditQuery())) == 1


def test_the_same_key_for_another_body_is_refused(api: Api) -> None:
    headers = {"Idempotency-Key": "order-7"}
    assert api.predict(headers=headers).status_code == 200
    response = api.predict({**CASE, "age": 62}, headers=headers)
    assert response.status_code == 409
    assert problem(response)["type"] == "urn:juntos:problem:idempotency-key-reused"


def test_keys_of_others_are_others(api: Api) -> None:
    headers = {"Idempotency-Key": "order-7"}
    assert api.predict(headers=headers).status_code == 200
    response = api.call("POST", "/v1/predictions", "admin", json={"case": CASE}, headers=headers)
    assert response.status_code == 403


def test_a_batch_is_repeatable(api: Api) -> None:
    body = {"cases": [{"case": CASE}, {"case": {"age": -1}}, {"case": {"fever": False}}]}
    headers = {"Idempotency-Key": "night"}
    first = api.call("POST", "/v1/predictions/batch", json=body, headers=headers)
    again = api.call("POST", "/v1/predictions/batch", json=body, headers=headers)
    assert again.json()["results"] == first.json()["results"]
    assert again.headers["idempotent-replayed"] == "true"
    assert len(api.services.audit.find(AuditQuery())) == 2


def test_a_request_cut_off_before_its_answer_is_answered_under_its_ids(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AuditUnavailableError("The audit store is unavailable: the disk is full.")

    headers = {"Idempotency-Key": "order-8"}
    with monkeypatch.context() as broken:
        broken.setattr(type(api.services.audit), "record_many", fail)
        refused = api.predict(headers=headers)
    assert refused.status_code == 503
    answered = api.predict(headers=headers)
    assert answered.status_code == 200
    assert api.predict(headers=headers).json() == answered.json()


def test_nothing_is_given_out_that_is_not_written_down(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AuditUnavailableError("The audit store is unavailable: the disk is full.", "Free it.")

    monkeypatch.setattr(type(api.services.audit), "record_many", fail)
    response = api.predict()
    assert response.status_code == 503
    found = problem(response)
    assert found["type"] == "urn:juntos:problem:audit-unavailable"
    assert found["detail"] == "The audit store is unavailable: the disk is full."
    assert "ranked" not in response.text
    assert response.headers["retry-after"]


@pytest.mark.parametrize("kind", ["text/plain", "", "application/xml"])
def test_what_is_said_to_be_no_json_is_a_problem(api: Api, kind: str) -> None:
    content = b'{"case": {}}'
    response = api.call("POST", "/v1/predictions", content=content, headers={"content-type": kind})
    assert response.status_code == 422
    assert problem(response)["errors"][0]["field"] == "body"


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_an_odd_idempotency_key_is_a_problem(api: Api, key: str) -> None:
    response = api.predict(headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert problem(response)["errors"][0]["field"] == "idempotency-key"


def test_quick_models_and_slow_ones_answer_alike(api: Api) -> None:
    model = api.services.store.active
    answers = []
    for quick in (True, False):
        model.is_quick = quick
        response = api.predict()
        answers.append(response.json())
        assert response.headers["content-type"] == "application/json"
        assert api.exchanges[-1].route == "/v1/predictions"
        assert api.services.audit.get(answers[-1]["prediction_id"]) is not None
    own = ("prediction_id", "request_id", "time")
    assert {key: value for key, value in answers[0].items() if key not in own} == {
        key: value for key, value in answers[1].items() if key not in own
    }


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_answer_that_cannot_be_written_down_is_not_given(
    api: Api, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    api.services.store.active.is_quick = quick

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("client.audit.chain_writer.add", fail)
    response = api.predict()
    assert response.status_code == 503
    found = problem(response)
    assert found["type"] == "urn:juntos:problem:audit-unavailable"
    assert "the disk is full" in found["detail"]
    monkeypatch.undo()
    assert api.services.audit.find(AuditQuery()) == []
    assert api.predict().status_code == 200
