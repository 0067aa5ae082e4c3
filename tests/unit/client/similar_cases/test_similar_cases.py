"""Patients like this one: of this hospital alone, by pseudonym, and written down who looked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from client.api.application import create_api
from client.api.settings import ApiSettings
from client.clinic.serving import create_clinic, people_of
from client.confirmations import Confirmation, Confirmations
from client.serving.services import NodeServices
from client.similar_cases.finding import most_similar
from client.similar_cases.index import FILE, index_of, read_index, write_index
from client.similar_cases.own_case import OwnCase
from client.sources.erased import add_erasure
from client.sources.pseudonyms import patient_key
from shared.ontology import HumanPhenotypeOntology
from shared.records import records_from_columns
from tests.unit.client.api.conftest import RATE, keys_of
from tests.unit.client.clinic.conftest import BASE, READER
from tests.unit.client.ranking.conftest import CONTRACT, home, services, terms  # noqa: F401

KNOWN = HumanPhenotypeOntology()
# Arachnodactyly, ectopia lentis; atrial septal defect.
MARFAN = ["HP:0001166", "HP:0001083"]
HEART = ["HP:0001631"]


@pytest.fixture
def api(services: NodeServices) -> Iterator[TestClient]:  # noqa: F811
    settings = ApiSettings.model_validate({"rate": RATE})
    application = create_api(services, settings=settings, observers=[])
    with TestClient(application, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {keys_of(services)['predict']}"
        yield client


def ranked(api: TestClient, findings: list[str], patient: str) -> str:
    body = {"case": {"findings": findings}, "patient": patient}
    answer = api.post("/v1/rankings", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["prediction_id"])


def similar(api: TestClient, findings: list[str], patient: str | None = None) -> list[Any]:
    body = {"case": {"findings": findings}, "patient": patient}
    answer = api.post("/v1/rankings/similar", json=body)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["cases"]
    return found


def confirm(services: NodeServices, prediction: str, code: str) -> None:  # noqa: F811
    Confirmations(services.audit, CONTRACT).confirm(
        Confirmation(code=code, who="lab", prediction=prediction)
    )


def test_confirmed_cases_of_this_hospital_are_found(
    api: TestClient,
    services: NodeServices,  # noqa: F811
) -> None:
    first = ranked(api, MARFAN, "4711")
    second = ranked(api, HEART, "4712")
    ranked(api, MARFAN, "4713")
    confirm(services, first, "OMIM:154700")
    confirm(services, second, "OMIM:142900")
    (found,) = similar(api, ["HP:0001166"])
    assert found["prediction_id"] == first
    assert found["diagnosis"] == {"code": "OMIM:154700", "name": "Marfan syndrome"}
    assert found["patient"] == services.audit.pseudonym("4711") != "4711"
    assert [each["code"] for each in found["shared"]] == ["HP:0001166"]
    assert 0 < found["similarity"] < 1
    # A patient is not like itself.
    assert similar(api, ["HP:0001166"], "4711") == []
    assert similar(api, []) == []


def test_who_looked_at_which_is_written_down(
    api: TestClient,
    services: NodeServices,  # noqa: F811
) -> None:
    first = ranked(api, MARFAN, "4711")
    confirm(services, first, "OMIM:154700")
    similar(api, MARFAN, "4799")
    _, detail = services.audit.exports()[-1]
    assert detail["what"] == "similar cases"
    assert detail["answers"] == [first]
    assert detail["patient"] == services.audit.pseudonym("4799")
    assert "4711" not in str(detail)
    services.audit.verify()


def test_records_of_the_source_are_compared_once_indexed(
    api: TestClient,
    services: NodeServices,  # noqa: F811
) -> None:
    columns: dict[str, list[object]] = {"findings": [tuple(MARFAN), ("HP:0000822",), ()]}
    records = records_from_columns(CONTRACT, columns, ["OMIM:154700", "I10", "I10"])
    secret = services.audit.pseudonym("99")
    cases = index_of(CONTRACT, records, [secret, None, None])
    assert [each.code for each in cases] == ["OMIM:154700", "I10"]
    path = write_index(services.home.path, services.audit.vault, cases)
    assert path.name == FILE
    assert b"OMIM" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    (found,) = similar(api, MARFAN)
    assert (found["patient"], found["prediction_id"]) == (secret, None)
    assert found["similarity"] == pytest.approx(1)
    key = patient_key(services.home.patient_key_file)
    add_erasure(services.home.erased_file, key, secret)
    assert [each.code for each in read_index(services.home, services.audit.vault)] == ["I10"]
    assert similar(api, MARFAN) == []


def test_the_page_shows_them_in_both_languages(
    api: TestClient,
    services: NodeServices,  # noqa: F811
) -> None:
    first = ranked(api, MARFAN, "4711")
    confirm(services, first, "OMIM:154700")
    other = ranked(api, ["HP:0001166"], "4712")
    client = TestClient(create_clinic(services), base_url=BASE)
    token = people_of(services.home).invite(READER, timedelta(hours=1))
    client.post("/sign-in", data={"token": token})
    for language, title in (("en", "most similar cases"), ("es", "casos más parecidos")):
        client.headers["Accept-Language"] = language
        assert f"/answers/{other}/similar" in client.get(f"/clinic/answers/{other}").text
        page = client.get(f"/clinic/answers/{other}/similar").text
        assert title in page
        assert "Marfan syndrome" in page
        assert f"/clinic/answers/{first}" in page
        assert "4711" not in page
    assert services.audit.exports()[-1][1]["who"] == READER


def test_what_tells_more_counts_more() -> None:
    cases = [
        OwnCase("a", "X", ("HP:0001166",)),
        OwnCase("b", "Y", ("HP:0000822",)),
        OwnCase("c", "Z", ("HP:0001250",)),
    ]
    weights = {"HP:0001166": 9.0}
    observed = ["HP:0001166", "HP:0000822"]
    found = most_similar(observed, cases, KNOWN, weights, {"X": "Ex"})
    assert [each.case.patient for each in found] == ["a", "b"]
    assert [each.name for each in found] == ["Ex", "Y"]
    same = most_similar(["HP:0001166"], cases, KNOWN, weights, {})
    assert same[0].similarity == pytest.approx(1)
