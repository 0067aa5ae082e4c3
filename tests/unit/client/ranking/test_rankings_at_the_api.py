"""What the API says of odd cases where diseases are ranked: right answers, or clear errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from client.api.application import create_api
from client.api.settings import ApiSettings
from client.service.api_part import has_model
from client.serving.services import NodeServices
from shared.ontology import HumanPhenotypeOntology
from tests.unit.client.api.conftest import RATE, keys_of

HEADER = "Authorization"


class Caller:
    """A program with a key that may ask."""

    def __init__(self, client: TestClient, key: str) -> None:
        self._client, self._key = client, key

    def rank(self, **case: Any) -> httpx.Response:  # noqa: ANN401
        return self.post("/v1/rankings", {"case": case})

    def get(self, path: str) -> httpx.Response:
        response: httpx.Response = self._client.get(path)
        return response

    def post(self, path: str, body: Any) -> httpx.Response:  # noqa: ANN401
        headers = {HEADER: f"Bearer {self._key}"}
        response: httpx.Response = self._client.post(path, json=body, headers=headers)
        return response


@pytest.fixture
def caller(services: NodeServices) -> Iterator[Caller]:
    settings = ApiSettings.model_validate({"rate": RATE})
    application = create_api(services, settings=settings, observers=[])
    with TestClient(application, raise_server_exceptions=False) as client:
        yield Caller(client, keys_of(services)["predict"])


def test_a_case_is_ranked_and_written_down(caller: Caller, services: NodeServices) -> None:
    answer = caller.rank(findings=["HP:0001631", "HP:0001199"], absent_findings=["HP:0001166"])
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["ranked"][0]["code"] == "OMIM:142900"
    assert found["ranking"]["next_findings"][0]["finding"]["name"] == "Ectopia lentis"
    written = services.audit.get(found["prediction_id"])
    assert written is not None
    assert written.output is not None
    assert written.output["ranking"]["diseases"][0]["code"] == "OMIM:142900"


def test_an_empty_case_says_that_there_is_not_enough_evidence(caller: Caller) -> None:
    found = caller.rank().json()
    assert found["enough_evidence"] is False
    assert found["why_not_code"] == "no_findings"


def test_a_disease_without_cases_is_ranked_by_knowledge(caller: Caller) -> None:
    found = caller.rank(findings=["HP:0001631"]).json()["ranking"]["diseases"][0]
    assert (found["code"], found["cases"], found["known_from"]) == ("OMIM:142900", 0, "annotations")


def test_many_findings_are_ranked(caller: Caller) -> None:
    codes = list(HumanPhenotypeOntology().codes()[:66])
    assert caller.rank(findings=codes).status_code == 200


def test_a_finding_that_is_present_and_absent_is_told(caller: Caller) -> None:
    found = caller.rank(findings=["HP:0001631"], absent_findings=["HP:0001631"]).json()
    assert found["ranking"]["contradictory"] == ["HP:0001631"]


def test_an_obsolete_term_stands_for_what_replaced_it(caller: Caller) -> None:
    known = HumanPhenotypeOntology()
    code = next(each for each in known.every_code() if known.current(each) != each)
    found = caller.rank(findings=[code]).json()
    assert found["ranking"]["replaced"] == {code: known.current(code)}


@pytest.mark.parametrize("code", ["SNOMED:12345", "HP:9999999", "", "hp:0001631", "OMIM:142900"])
def test_what_is_no_term_is_refused_with_its_place(caller: Caller, code: str) -> None:
    answer = caller.rank(findings=["HP:0001631", code])
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/case/findings/1"]


def test_a_phenopacket_is_ranked(caller: Caller) -> None:
    packet = {
        "id": "x",
        "subject": {"id": "P-1"},
        "phenotypicFeatures": [
            {"type": {"id": "HP:0001166"}},
            {"type": {"id": "HP:0001631"}, "excluded": True},
        ],
    }
    found = caller.post("/v1/rankings/phenopacket", packet).json()
    assert found["ranked"][0]["code"] == "OMIM:154700"
    assert found["ranking"]["diseases"][-1]["contradicting"] or found["ranking"]["diseases"]


def test_notes_are_read_with_the_engines_terms(caller: Caller) -> None:
    found = caller.post("/v1/findings", {"text": "No arachnodactyly. Hypertension."}).json()
    assert [(each["code"], each["feature"]) for each in found["findings"]] == [
        ("HP:0001166", "absent_findings"),
        ("HP:0000822", "findings"),
    ]


def test_an_engine_alone_is_ready_to_answer(caller: Caller, services: NodeServices) -> None:
    assert services.store.in_service.active is None
    ready = caller.get("/readyz")
    assert (ready.status_code, ready.json()["model"]) == (200, "run-1/disease_ranking")
    assert has_model(services.home)


def test_without_an_engine_the_answer_says_so(services: NodeServices) -> None:
    import dataclasses

    bare = dataclasses.replace(services, rankings=None)
    settings = ApiSettings.model_validate({"rate": RATE})
    with TestClient(create_api(bare, settings=settings, observers=[])) as client:
        answer = Caller(client, keys_of(services)["predict"]).rank(findings=["HP:0001631"])
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("no-engine")
