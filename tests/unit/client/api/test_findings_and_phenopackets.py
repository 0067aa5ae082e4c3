"""Notes and phenopackets at the API: proposals, answers, and where an error says it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.client.api.conftest import Api, OpenApi

PATH = "/v1/predictions/phenopacket"


@pytest.fixture
def api(open_api: OpenApi) -> Api:
    return open_api()


def packet(*codes: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    features = [{"type": {"id": code}} for code in codes]
    subject = {
        "id": "P-7",
        "sex": "MALE",
        "timeAtLastEncounter": {"age": {"iso8601duration": "P61Y"}},
    }
    return {"id": "x", "subject": subject, "phenotypicFeatures": features} | changes


def test_a_note_gives_proposals_with_their_places(api: Api) -> None:
    text = "No seizures. Madre con ataxia. Arachnodactyly."
    answer = api.call("POST", "/v1/findings", json={"text": text})
    assert answer.status_code == 200
    found = answer.json()["findings"]
    assert [(each["name"], each["state"], each["feature"]) for each in found] == [
        ("Seizure", "excluded", None),
        ("Ataxia", "family", None),
        ("Arachnodactyly", "present", "phenotypes"),
    ]
    assert text[found[2]["start"] : found[2]["end"]] == "Arachnodactyly"


def test_a_note_needs_a_key_that_may_ask_and_a_text(api: Api) -> None:
    assert api.call("POST", "/v1/findings", role=None, json={"text": "x"}).status_code == 401
    assert api.call("POST", "/v1/findings", role="audit", json={"text": "x"}).status_code == 403
    refused = api.call("POST", "/v1/findings", json={"text": 5})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert api.call("POST", "/v1/findings", json={"text": ""}).json()["findings"] == []


def test_a_phenopacket_is_answered_as_the_case_that_it_says(api: Api) -> None:
    answer = api.call("POST", PATH, json=packet("HP:0001250", "HP:0001166"))
    assert answer.status_code == 200, answer.text
    same = api.predict({"age": 61, "phenotypes": ["HP:0001250", "HP:0001166"]})
    assert answer.json()["ranked"] == same.json()["ranked"]
    written = api.services.audit.get(answer.json()["prediction_id"])
    assert written is not None
    assert written.patient == api.services.audit.pseudonym("P-7")


def test_the_same_packet_and_key_get_the_same_answer(api: Api) -> None:
    body, headers = packet("HP:0001250"), {"Idempotency-Key": "once"}
    first = api.call("POST", PATH, json=body, headers=headers)
    again = api.call("POST", PATH, json=body, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = api.call("POST", PATH, json=packet("HP:0001251"), headers=headers)
    assert other.status_code in (409, 422)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (packet("HP:0001250", "SNOMED:1"), "/phenotypicFeatures/1/type/id"),
        (packet("HP:9999999"), "/phenotypicFeatures/0/type/id"),
        (packet(phenotypicFeatures=[{"type": {"id": 4}}]), "/phenotypicFeatures/0/type/id"),
        (
            packet(subject={"timeAtLastEncounter": {"age": {"iso8601duration": "old"}}}),
            "/subject/timeAtLastEncounter",
        ),
        ({"members": [packet("HP:0001250"), packet("HP:0001250")]}, "/members"),
        ({"resourceType": "Patient"}, None),
    ],
)
def test_what_is_wrong_is_told_with_its_place(api: Api, body: Any, pointer: str | None) -> None:  # noqa: ANN401
    answer = api.call("POST", PATH, json=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"].endswith("invalid-phenopacket")
    assert [each.get("pointer") for each in problem["errors"]] == [pointer]
    for value in ("SNOMED:1", "HP:9999999", "P-7", "old"):
        assert value not in answer.text


def test_text_that_is_no_json_is_refused(api: Api) -> None:
    for content in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        assert api.call("POST", PATH, content=content).status_code == 422


def test_an_empty_case_and_an_obsolete_term_are_answered_and_too_many_findings_are_not(
    api: Api,
) -> None:
    empty = api.call("POST", PATH, json=packet())
    assert empty.status_code == 200
    # Replaced by another term long ago.
    assert api.call("POST", PATH, json=packet("HP:0000547")).status_code == 200
    known = api.services.store.active.terminology("HPO").codes()[:66]
    too_many = api.call("POST", PATH, json=packet(*known))
    assert too_many.status_code == 422
    assert "at most" in too_many.json()["errors"][0]["detail"]


def test_both_are_described(api: Api) -> None:
    content = api.call("GET", "/v1/openapi.json").json()
    described = json.dumps(content["paths"][PATH]) + json.dumps(content["paths"]["/v1/findings"])
    assert "Phenopacket" in described
    assert "FindingsAnswer" in described
