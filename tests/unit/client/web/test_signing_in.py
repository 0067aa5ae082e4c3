"""Who gets in, with what, and what no page lets through."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from client.privacy.tables import SCHEMA
from client.web.pages import SESSION_COOKIE
from client.web.people import People, checked_name, digest_of
from shared.errors import SettingsError
from shared.web.choosing_language import own_path
from shared.web.security import MAXIMUM_FORM_BYTES, form_token
from tests.unit.client.web.conftest import BASE, sign_in

HOUR = timedelta(hours=1)


def own(browser: TestClient) -> dict[str, str]:
    return {"form_token": form_token(browser.cookies.get(SESSION_COOKIE) or "")}


def test_a_link_signs_in_once(browser: TestClient, people: People) -> None:
    token = people.invite(" Dr.  Ana Ruiz ", HOUR)
    assert browser.get("/page").status_code == 401
    for _ in range(2):
        # Looking at the link uses nothing up.
        assert "Sign in as Dr. Ana Ruiz" in browser.get(f"/sign-in/{token}").text
    answer = browser.post("/sign-in", data={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert browser.get("/page").text == "hello Dr. Ana Ruiz"
    browser.cookies.clear()
    assert browser.post("/sign-in", data={"token": token}).status_code == 403
    assert browser.get(f"/sign-in/{token}").status_code == 403


def test_a_new_link_replaces_the_old_and_both_end(people: People) -> None:
    old = people.invite("ana", HOUR)
    new = people.invite("ana", HOUR)
    assert people.invited(old) is None
    assert people.sign_in(old) is None
    session = people.sign_in(new)
    assert session
    assert people.signed_in(session) == "ana"
    # A session is no invitation, and the other way round.
    assert people.sign_in(session) is None
    assert people.signed_in(people.invite("luis", HOUR)) is None
    assert people.sign_in(people.invite("eva", timedelta(seconds=-1))) is None
    assert people.count() == 3
    people.sign_out(session)
    assert people.signed_in(session) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "' OR 1=1 --", "\u00e9"])
def test_a_wrong_token_gets_nobody_in(browser: TestClient, people: People, token: str) -> None:
    sign_in(browser, people)
    browser.cookies.clear()
    assert browser.post("/sign-in", data={"token": token}).status_code in (403, 422)
    assert people.signed_in(token) is None


def test_sessions_end(people: People, browser: TestClient) -> None:
    short = People(people._engine, session=timedelta(seconds=-1))
    session = short.sign_in(short.invite("ana", HOUR))
    assert session
    assert people.signed_in(session) is None


def test_the_database_holds_no_token(browser: TestClient, people: People) -> None:
    token = people.invite("ana", HOUR)
    session = people.sign_in(people.invite("luis", HOUR))
    with people._engine.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM web_tokens")).all())
    assert token not in rows
    assert str(session) not in rows
    assert digest_of(token) in rows


def test_a_form_of_another_session_or_site_changes_nothing(
    browser: TestClient, people: People
) -> None:
    sign_in(browser, people)
    good = own(browser)
    assert browser.post("/page", data={"value": "x", **good}).text == "Dr. Ana Ruiz x"
    refused = [
        browser.post("/page", data={"value": "x"}),
        browser.post("/page", data={"value": "x", "form_token": form_token("other")}),
        browser.post("/page", data={"value": "x", "form_token": "\u00e9"}),
        browser.post("/page", data={"value": "x", **good}, headers={"origin": "http://evil.org"}),
        browser.post("/page", data={"value": "x", **good}, headers={"origin": "null"}),
        browser.post(
            "/page", data={"value": "x", **good}, headers={"sec-fetch-site": "cross-site"}
        ),
        browser.post("/sign-out", data={}),
        browser.post("/sign-in", data={"token": "x"}, headers={"origin": "http://evil.org"}),
    ]
    assert [each.status_code for each in refused] == [403] * len(refused)
    assert browser.post("/page", data={"value": "x", **good}, headers={"origin": BASE}).is_success


def test_signing_out_ends_the_session(browser: TestClient, people: People) -> None:
    sign_in(browser, people)
    session = browser.cookies.get(SESSION_COOKIE) or ""
    assert "signed out" in browser.post("/sign-out", data=own(browser)).text
    assert people.signed_in(session) is None
    assert browser.get("/page").status_code == 401


def test_another_host_name_is_refused(browser: TestClient) -> None:
    """A page of somebody else's that points its own name at this machine gets nothing."""
    assert browser.get("/page", headers={"host": "evil.org"}).status_code == 400


def test_every_answer_is_protected(browser: TestClient, people: People) -> None:
    sign_in(browser, people)
    for path in ("/page", "/page/form", "/nothing", "/sign-in/x", "/static/page.css", "/"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert ("cache-control" in headers) == (not path.startswith("/static")), path
    failed = browser.post("/page", data={"value": "Garcia1957", **own(browser)})
    assert failed.status_code == 500
    assert "default-src 'none'" in failed.headers["content-security-policy"]


def test_pages_hold_nothing_that_runs_or_loads_from_elsewhere(browser: TestClient) -> None:
    page = browser.get("/sign-in/x").text
    assert not re.search(r"<script(?![^>]*src=)", page)
    assert not re.search(r"\son\w+=|style=|https?://", page)
    assert "&lt;i&gt;lyon" in page


def test_what_fails_is_not_told_nor_logged(
    browser: TestClient, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(browser, people)
    with caplog.at_level(logging.DEBUG, logger="juntos.web"):
        answer = browser.post("/page", data={"value": "Garcia1957", **own(browser)})
    assert "Garcia" not in answer.text
    assert "Garcia" not in caplog.text
    assert "RuntimeError" in caplog.text
    known = browser.post("/page", data={"value": "wrong", **own(browser)})
    assert known.status_code == 422
    assert "&lt;b&gt;This&lt;/b&gt; is wrong. Mend it." in known.text


def test_long_and_endless_forms_are_refused(browser: TestClient, people: People) -> None:
    sign_in(browser, people)
    long = {"value": "x" * MAXIMUM_FORM_BYTES, **own(browser)}
    assert browser.post("/page", data=long).status_code == 413

    def endless() -> Iterator[bytes]:
        yield b"value=x"

    answer = browser.post("/page", content=endless())
    assert answer.status_code == 413


def test_the_language_is_the_readers(browser: TestClient) -> None:
    spanish = browser.get("/page", headers={"accept-language": "fr, es-AR;q=0.9, en;q=0.8"})
    assert 'lang="es"' in spanish.text
    assert spanish.headers["content-language"] == "es"
    answer = browser.post("/language", data={"language": "es", "back": "/page?a=1"})
    assert answer.headers["location"] == "/page?a=1"
    assert 'lang="es"' in browser.get("/page").text
    browser.post("/language", data={"language": "<x>", "back": "/"})
    assert 'lang="es"' in browser.get("/page").text


@pytest.mark.parametrize("path", ["//evil.org", "http://evil.org", "/\\evil.org", "", "/a\nb"])
def test_no_form_leads_to_another_site(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x07b"])
def test_names_can_be_shown(name: str) -> None:
    with pytest.raises(SettingsError):
        checked_name(name)


def test_tables_are_made_once(people: People) -> None:
    SCHEMA.upgrade(people._engine)
    assert people.count() == 0
