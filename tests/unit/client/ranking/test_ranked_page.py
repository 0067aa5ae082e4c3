"""The ranked differential as clinicians see it, in both languages."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import httpx
import pytest
from fastapi.testclient import TestClient

from client.clinic.serving import create_clinic, people_of
from client.serving.services import NodeServices
from tests.unit.client.clinic.conftest import BASE, READER


@pytest.fixture
def browser(services: NodeServices) -> TestClient:
    client = TestClient(create_clinic(services), base_url=BASE)
    token = people_of(services.home).invite(READER, timedelta(hours=1))
    client.post("/sign-in", data={"token": token})
    return client


def ask(browser: TestClient, language: str = "en", **terms: list[str]) -> str:
    browser.headers["Accept-Language"] = language
    answer = send(browser, **{f"t.{name}": codes for name, codes in terms.items()})
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def send(browser: TestClient, **fields: list[str]) -> httpx.Response:
    token = re.search(r'name="form_token" value="([^"]+)"', browser.get("/clinic").text)
    assert token
    found: httpx.Response = browser.post("/clinic", data={"form_token": token[1], **fields})
    return found


def test_the_form_has_both_kinds_of_findings_and_no_complaint(browser: TestClient) -> None:
    form = browser.get("/clinic").text
    assert 'data-terms="findings"' in form
    assert 'data-terms="absent_findings"' in form
    assert "No model answers" not in form
    found = browser.get("/clinic/terms", params={"feature": "findings", "q": "arachnod"}).json()
    assert found[0]["code"] == "HP:0001166"
    spanish = browser.get("/clinic/terms", params={"feature": "findings", "q": "catarata"}).json()
    assert spanish[0]["code"] == "HP:0000518"


def test_diseases_stand_with_reasons_links_and_rows_of_equal_rank(browser: TestClient) -> None:
    page = ask(browser, findings=["HP:0001631", "HP:0001199"], absent_findings=["HP:0001629"])
    rows = re.findall(r'<li class="disease.*?</li>', page, re.DOTALL)
    assert len(rows) == 3 + 2
    first = rows[0]
    assert "Holt-Oram syndrome" in first
    assert 'href="https://example.org/OMIM:142900"' in first
    assert "Atrial septal defect" in first
    assert 'href="https://hpo.jax.org/browse/term/HP:0001631"' in first
    assert "no hospital has reported a case" in first
    assert "Ventricular septal defect" in first.split("Against")[-1]
    assert "Something else" in rows[3]
    assert "Not enough evidence" in rows[4]
    assert "If present, more probable: Marfan syndrome." in page
    assert "No prevalence is stated" in page


def test_an_empty_case_begins_with_not_enough_evidence(browser: TestClient) -> None:
    page = ask(browser)
    assert "Not enough evidence" in re.findall(r'<li class="disease.*?</li>', page, re.DOTALL)[0]
    assert "Nothing was entered" in page


def test_what_was_understood_otherwise_is_said(browser: TestClient) -> None:
    page = ask(browser, "es", findings=["HP:0001631"], absent_findings=["HP:0001631"])
    assert "presentes y como ausentes" in page
    assert "HP:0001631" in page
    assert "Habitual, no referido" in page


def test_a_term_of_another_ontology_is_refused_at_its_field(browser: TestClient) -> None:
    browser.headers["Accept-Language"] = "en"
    answer = send(browser, **{"t.findings": ["SNOMED:1"]})
    assert answer.status_code == 422
    assert "One of these codes is not known" in answer.text
