"""Signing in with a browser: right and wrong passwords, links, limits, roles, foreign forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from server.accounts.account import Account
from server.accounts.guard import SESSION_COOKIE
from server.accounts.services import Accounts
from server.accounts.sign_in_limits import ACCOUNT_BURST, ADDRESS_BURST
from server.database import account_tokens
from server.home import CoordinatorHome
from shared.web.security import form_token
from tests.unit.server.accounts.conftest import PASSWORD, sign_in


def token_of(browser: TestClient) -> str:
    return form_token(browser.cookies[SESSION_COOKIE])


def test_a_password_signs_in_and_leads_on(browser: TestClient, ana: Account) -> None:
    answer = browser.get("/", params={"a": "b"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?back=/%3Fa%3Db"
    assert sign_in(browser) == 303
    assert browser.get("/").json() == {"name": "ana", "role": "administrator"}
    cookie = answer = browser.post("/sign-in", data={"name": "ANA ", "password": PASSWORD})
    flags = cookie.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_read_the_same(
    browser: TestClient, accounts: Accounts, ana: Account, name: str, password: str
) -> None:
    answer = browser.post("/sign-in", data={"name": name, "password": password})
    assert answer.status_code == 403
    assert "do not belong together" in answer.text
    assert SESSION_COOKIE not in answer.cookies
    (entry,) = accounts.log.find(action="account.sign_in")
    assert (entry.actor, entry.outcome, entry.address) == (name, "refused", "testclient")


def test_the_pages_speak_spanish(browser: TestClient) -> None:
    answer = browser.get("/sign-in", headers={"Accept-Language": "es-ES,es;q=0.9"})
    assert "Iniciar sesión en cardiology" in answer.text


def test_nobody_is_led_elsewhere(browser: TestClient, ana: Account) -> None:
    form = {"name": "ana", "password": PASSWORD, "back": "https://elsewhere.example"}
    assert browser.post("/sign-in", data=form).headers["location"] == "/"


def test_who_guesses_is_slowed_down_and_the_owner_is_not(
    site: FastAPI, browser: TestClient, ana: Account
) -> None:
    assert sign_in(browser) == 303
    with TestClient(site, follow_redirects=False, client=("203.0.113.9", 1)) as guesser:
        tries = [sign_in(guesser, password="guess") for _ in range(ACCOUNT_BURST)]
        # The owner's first sign-in was one, too.
        assert tries == [403] * (ACCOUNT_BURST - 1) + [429]
        # Not even with the right one.
        answer = guesser.post("/sign-in", data={"name": "ana", "password": PASSWORD})
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 15
    browser.cookies.delete(SESSION_COOKIE)
    assert sign_in(browser) == 303


def test_one_address_does_not_use_up_every_account(accounts: Accounts) -> None:
    for each in range(ADDRESS_BURST):
        assert accounts.limits.take("203.0.113.9", f"account{each}", "") == 0
    assert accounts.limits.take("203.0.113.9", "ana", "") > 0
    for _ in range(ACCOUNT_BURST):
        assert accounts.limits.take("192.0.2.1", "ana", "") == 0


def test_a_link_lets_somebody_choose_a_password_once(
    browser: TestClient, accounts: Accounts
) -> None:
    account = accounts.store.add("bob", "viewer")
    link = accounts.tokens.link("bob")
    for _ in range(2):
        assert "Choose a password, bob" in browser.get(f"/sign-in/link/{link}").text

    def choose(password: str, repeated: str) -> tuple[int, str]:
        form = {"token": link, "password": password, "repeated": repeated}
        answer = browser.post("/sign-in/link", data=form)
        return answer.status_code, answer.text

    assert choose(PASSWORD, PASSWORD + "x")[0] == 422
    for weak, words in [("short", "fewer than 12"), ("password123456", "easily guessed")]:
        status, text = choose(weak, weak)
        assert status == 422
        assert words in text
    assert choose(PASSWORD, PASSWORD)[0] == 303
    assert browser.get("/").json()["name"] == "bob"
    assert choose(PASSWORD, PASSWORD)[0] == 403
    assert accounts.store.get(account.name).state == "active"


def test_an_older_link_ends_with_a_new_one(accounts: Accounts) -> None:
    accounts.store.add("bob", "viewer")
    old, new = accounts.tokens.link("bob"), accounts.tokens.link("bob")
    assert accounts.tokens.use_link(old) is None
    assert accounts.tokens.use_link(new) is not None


def test_roles_and_foreign_forms(browser: TestClient, accounts: Accounts, ana: Account) -> None:
    viewer = accounts.store.add("bob", "viewer")
    accounts.set_password(viewer, PASSWORD)
    assert browser.post("/promote").status_code in (401, 403)
    sign_in(browser, "bob")
    answer = browser.post("/promote", data={"form_token": token_of(browser)})
    assert answer.status_code == 403
    assert "may not do this" in answer.text
    sign_in(browser)
    assert browser.post("/promote", data={"form_token": "other"}).status_code == 403
    good = {"form_token": token_of(browser)}
    foreign = {"Origin": "https://elsewhere.example"}
    assert browser.post("/promote", data=good, headers=foreign).status_code == 403
    assert accounts.log.find(action="candidate.") == []
    assert browser.post("/promote", data=good).status_code == 200
    assert browser.post("/promote?refused=true", data=good).status_code == 422
    refused, done = accounts.log.find(action="candidate.")
    assert (done.actor, done.subject, done.outcome, done.detail) == (
        "ana",
        "run-0001",
        "done",
        "better",
    )
    assert refused.outcome == "refused"
    assert "Another person was first." in refused.detail


def test_signing_out_ends_the_session(browser: TestClient, ana: Account) -> None:
    sign_in(browser)
    kept = browser.cookies[SESSION_COOKIE]
    answer = browser.post("/sign-out", data={"form_token": token_of(browser)})
    assert "signed out" in answer.text
    browser.cookies.set(SESSION_COOKIE, kept)
    assert browser.get("/").status_code == 303


def test_another_password_ends_all_sessions_but_this_one(
    site: FastAPI, browser: TestClient, ana: Account
) -> None:
    sign_in(browser)
    with TestClient(site, follow_redirects=False) as other:
        sign_in(other)
        assert other.get("/").status_code == 200
        new = "copper meadow telescope nine"
        form = {"current": PASSWORD, "password": new, "repeated": new}
        answer = browser.post("/password", data={**form, "form_token": token_of(browser)})
        assert answer.status_code == 303
        assert browser.get("/").status_code == 200
        assert other.get("/").status_code == 303
        assert sign_in(other) == 403
        assert sign_in(other, password=new) == 303


def test_a_disabled_account_is_out_at_once(
    browser: TestClient, accounts: Accounts, ana: Account
) -> None:
    accounts.store.add("eva", "administrator")
    sign_in(browser)
    accounts.store.disable("ana")
    assert browser.get("/").status_code == 303
    assert sign_in(browser) == 403


@pytest.mark.parametrize("column", ["used_at", "expires_at"])
def test_sessions_end_when_idle_and_in_any_case(
    browser: TestClient, home: CoordinatorHome, ana: Account, column: str
) -> None:
    sign_in(browser)
    settings = home.settings.accounts
    past = timedelta(minutes=settings.idle_minutes + 1) if column == "used_at" else timedelta(1)
    then = (datetime.now(UTC) - past).isoformat(timespec="seconds")
    with home.engine().begin() as connection:
        connection.execute(update(account_tokens).values({column: then}))
    assert browser.get("/").status_code == 303


def test_the_use_of_a_session_is_noted(
    browser: TestClient, home: CoordinatorHome, ana: Account
) -> None:
    sign_in(browser)
    then = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="seconds")
    session = account_tokens.c.kind == "session"
    with home.engine().begin() as connection:
        connection.execute(update(account_tokens).where(session).values(used_at=then))
    assert browser.get("/").status_code == 200
    with home.engine().connect() as connection:
        used = connection.execute(select(account_tokens.c.used_at).where(session)).scalar_one()
    assert used > then


def test_nothing_that_opens_is_kept(
    browser: TestClient, home: CoordinatorHome, accounts: Accounts, ana: Account
) -> None:
    sign_in(browser)
    secrets = [
        PASSWORD,
        browser.cookies[SESSION_COOKIE],
        accounts.tokens.link("ana"),
        accounts.api_tokens.add("ci", ana, "viewer", 1),
    ]
    content = b"".join(file.read_bytes() for file in home.path.glob("coordinator.db*"))
    assert b"$argon2id$v=19$" in content
    assert not any(each.encode() in content for each in secrets)
