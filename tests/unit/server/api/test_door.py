"""Whom the API lets in, how much they may ask, and what every answer carries."""

from __future__ import annotations

import pytest

from server.accounts.services import open_accounts
from server.home import CoordinatorHome, open_home
from tests.sample_federation import WAITING
from tests.unit.server.api.conftest import Api

PROBLEM = "application/problem+json"
# One address of each kind, with the role that it takes.
CHANGES = [
    ("POST", "/v1/hospitals", "coordinator"),
    ("POST", "/v1/hospitals/Coimbra/replace", "coordinator"),
    ("GET", "/v1/hospitals/Coimbra/kit", "coordinator"),
    ("POST", "/v1/hospitals/Coimbra/approve", "coordinator"),
    ("POST", "/v1/hospitals/Coimbra/refuse", "coordinator"),
    ("POST", "/v1/hospitals/Porto/revoke", "coordinator"),
    ("POST", f"/v1/models/{WAITING}/promote", "coordinator"),
    ("POST", f"/v1/models/{WAITING}/reject", "coordinator"),
    ("POST", f"/v1/models/{WAITING}/rollback", "coordinator"),
    ("POST", f"/v1/models/{WAITING}/approve", "coordinator"),
    ("POST", "/v1/sign-offs", "coordinator"),
    ("POST", "/v1/sign-offs/1/withdraw", "coordinator"),
    ("POST", "/v1/queue", "coordinator"),
    ("POST", "/v1/queue/1/cancel", "coordinator"),
    ("PUT", "/v1/schedule", "coordinator"),
    ("POST", "/v1/contracts", "coordinator"),
    ("POST", "/v1/contracts/1.1.0/publish", "coordinator"),
    ("GET", "/v1/accounts", "administrator"),
    ("POST", "/v1/accounts", "administrator"),
    ("PATCH", "/v1/accounts/vera.costa", "administrator"),
    ("POST", "/v1/accounts/vera.costa/link", "administrator"),
    ("GET", "/v1/tokens", "administrator"),
    ("POST", "/v1/tokens", "administrator"),
    ("POST", "/v1/tokens/viewer-program/revoke", "administrator"),
]
PLACES = {
    "name": "Porto",
    "run": "run-0001",
    "model": WAITING,
    "number": 1,
    "report": "x",
    "version": "1.1.0",
}
LESS = {"coordinator": "viewer", "administrator": "coordinator"}


def test_nobody_comes_in_without_a_token(api: Api) -> None:
    described = api.call("GET", "/v1/openapi.json", None).json()
    for path, methods in described["paths"].items():
        for method in methods:
            place = path.format(
                name="Porto", run="run-0001", model=WAITING, number=1, report="x", version="1.1.0"
            )
            answer = api.call(method.upper(), place, None)
            assert answer.status_code == 401, (method, place)
            assert answer.headers["content-type"] == PROBLEM
            assert answer.headers["www-authenticate"].startswith("Bearer")
    wrong = api.client.get("/v1/me", headers={"Authorization": "Bearer juntos_coordinator_no"})
    assert (wrong.status_code, wrong.json()["type"]) == (401, "urn:juntos:problem:token-unknown")


def test_a_session_of_the_dashboard_opens_nothing_here(api: Api, home: CoordinatorHome) -> None:
    # So no page of somebody else's can make a browser ask: there is nothing to forge.
    from server.accounts.guard import SESSION_COOKIE

    session = open_accounts(home).tokens.session("ada.lopez")
    answer = api.client.get("/v1/me", cookies={SESSION_COOKIE: session})
    assert answer.status_code == 401


def test_who_may_less_changes_nothing(api: Api) -> None:
    described = api.call("GET", "/v1/openapi.json", None).json()["paths"]
    changing = {method for each in described.values() for method in each} - {"get"}
    found = sum(method in changing for each in described.values() for method in each)
    assert len([each for each in CHANGES if each[0] != "GET"]) == found
    for method, path, needed in CHANGES:
        answer = api.call(method, path, LESS[needed], json={})
        assert answer.status_code == 403, (method, path)
        assert answer.json()["type"] == "urn:juntos:problem:role-needed"
    # Whoever may, is told what is missing instead.
    assert api.call("POST", "/v1/queue", "coordinator", json={}).status_code == 422


def test_a_token_that_ended_is_out_at_once(api: Api) -> None:
    assert api.get("/v1/me")["role"] == "viewer"
    assert api.post("/v1/tokens/viewer-program/revoke", "administrator").status_code == 200
    assert api.call("GET", "/v1/me").status_code == 401
    patched = api.call("PATCH", "/v1/accounts/ines.prado", "administrator", json={"role": "viewer"})
    assert patched.json()["role"] == "viewer"
    assert api.get("/v1/me", "coordinator")["role"] == "viewer"
    api.call("PATCH", "/v1/accounts/ines.prado", "administrator", json={"disabled": True})
    assert api.call("GET", "/v1/me", "coordinator").status_code == 401


def test_every_answer_has_its_id_and_protection(api: Api) -> None:
    for path, role in (("/v1/me", "viewer"), ("/v1/me", None), ("/v1/nothing", "viewer")):
        answer = api.call("GET", path, role, headers={"X-Request-ID": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert len(api.call("GET", "/v1/me").headers["x-request-id"]) == 36


def test_what_is_wrong_with_a_request_is_told_field_by_field(api: Api) -> None:
    answer = api.post("/v1/queue", kind="dance", reason="", more=1)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    pointers = {each["pointer"] for each in answer.json()["errors"]}
    assert pointers == {"/kind", "/reason", "/more"}
    assert "dance" not in answer.text


def test_a_request_that_is_too_large_is_not_read(api: Api) -> None:
    answer = api.post("/v1/queue", kind="watch", reason="x" * 300_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)


@pytest.fixture
def hurried(home: CoordinatorHome) -> Api:
    text = (home.path / "coordinator.toml").read_text()
    slow = text.replace("per_second = 1e6", "per_second = 0.001").replace("1000000", "3")
    (home.path / "coordinator.toml").write_text(slow)
    opened = open_home(home.path)
    return Api(opened, open_accounts(opened))


def test_who_asks_too_much_is_told_to_wait_and_others_are_not(hurried: Api) -> None:
    answers = [hurried.call("GET", "/v1/me") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 1
    assert hurried.call("GET", "/v1/me", "coordinator").status_code == 200
    nobody = [hurried.call("GET", "/v1/me", None).status_code for _ in range(4)]
    assert nobody == [401, 401, 401, 429]
    assert hurried.call("GET", "/v1/me", "coordinator").status_code == 200


def test_pages_and_the_api_are_apart(api: Api) -> None:
    assert api.client.get("/", follow_redirects=False).status_code == 400  # not our host's name
    page = api.client.get(
        "/sign-in", headers={"host": "127.0.0.1", "authorization": f"Bearer {api.tokens['viewer']}"}
    )
    assert "text/html" in page.headers["content-type"]
    glance = api.client.get(
        "/",
        headers={"host": "127.0.0.1", "authorization": f"Bearer {api.tokens['viewer']}"},
        follow_redirects=False,
    )
    assert glance.status_code == 303
