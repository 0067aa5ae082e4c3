"""The clinic's page and the API at one address, in one process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from client.api.process import watched_api
from client.api.settings import ApiSettings, PageSettings
from client.clinic.serving import invitation, people_of
from client.serving.services import NodeServices

OWN = "http://127.0.0.1:8460"


def client_of(services: NodeServices, **page: object) -> TestClient:
    settings = ApiSettings(page=PageSettings.model_validate(page))
    application = watched_api(services, settings)
    return TestClient(application, base_url=OWN, raise_server_exceptions=False)


@pytest.fixture
def client(services: NodeServices) -> Iterator[TestClient]:
    with client_of(services) as opened:
        yield opened


def test_whoever_was_invited_sees_the_page(client: TestClient, services: NodeServices) -> None:
    assert client.get("/", follow_redirects=False).headers["location"] == "/clinic"
    assert client.get("/clinic").status_code == 401
    token = people_of(services.home).invite("Ada", timedelta(hours=1))
    page = client.post("/sign-in", data={"token": token})
    assert page.status_code == 200
    assert page.url.path == "/clinic"
    assert "text/html" in page.headers["content-type"]
    # The page's own policy, not that of answers for programs.
    assert "style-src 'self'" in page.headers["content-security-policy"]
    assert client.get("/static/page.css").status_code == 200


def test_the_api_is_what_it_was(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.post("/v1/predictions", json={"case": {}}).status_code == 401
    for path in ("/nothing", "/clinics"):
        absent = client.get(path)
        assert absent.status_code == 404
        assert absent.headers["content-type"] == "application/problem+json"
    assert "/clinic" not in client.get("/v1/openapi.json").text


def test_a_key_opens_no_page_and_a_session_no_api(
    client: TestClient, services: NodeServices
) -> None:
    token = people_of(services.home).invite("Ada", timedelta(hours=1))
    client.post("/sign-in", data={"token": token})
    assert client.get("/v1/model").status_code == 401


def test_browsers_know_the_machine_by_names_that_were_given(services: NodeServices) -> None:
    name = {"host": "juntos.hospital.example"}
    with client_of(services) as client:
        assert client.get("/clinic", headers=name).status_code == 400
        assert client.get("/healthz", headers=name).status_code == 200
    with client_of(services, hosts=[name["host"]]) as client:
        assert client.get("/clinic", headers=name).status_code == 401


def test_the_page_can_be_left_out(services: NodeServices) -> None:
    with client_of(services, open=False) as client:
        assert client.get("/clinic").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", "http://127.0.0.1:8460"),
        ("port = 9000", "http://127.0.0.1:9000"),
        ('host = "0.0.0.0"', "http://127.0.0.1:8460"),
        ('host = "10.0.0.7"', "http://10.0.0.7:8460"),
        ('host = "0.0.0.0"\n[page]\nhosts = ["node.example"]', "http://node.example:8460"),
    ],
)
def test_an_invitation_leads_to_the_page(home: Path, settings: str, expected: str) -> None:
    from client.home import open_home

    (home / "api.toml").write_text(settings)
    link, _ = invitation(open_home(home), "Ada")
    assert link.startswith(f"{expected}/sign-in/")
    assert invitation(open_home(home), "Bea", 8480)[0].startswith("http://127.0.0.1:8480/sign-in/")
