"""What protects signing in: forms of this site alone, new sessions, cookies, slow guessing."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from server.accounts.account import Account
from server.accounts.guard import SESSION_COOKIE
from server.accounts.services import Accounts
from server.accounts.sign_in_limits import ACCOUNT_BURST
from shared.web.security import form_token
from tests.unit.server.accounts.conftest import PASSWORD, sign_in

FOREIGN = (
    {"Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_other_site_signs_somebody_in(
    browser: TestClient, accounts: Accounts, ana: Account, headers: dict[str, str]
) -> None:
    # Otherwise it could have somebody work in an account of its own without their knowing.
    form = {"name": "ana", "password": PASSWORD}
    assert browser.post("/sign-in", data=form, headers=headers).status_code == 403
    link = {"token": accounts.tokens.link("ana"), "password": PASSWORD, "repeated": PASSWORD}
    assert browser.post("/sign-in/link", data=link, headers=headers).status_code == 403
    assert SESSION_COOKIE not in browser.cookies
    assert accounts.tokens.invited(link["token"]) is not None


def test_signing_in_makes_a_new_session_and_ends_the_one_before(
    browser: TestClient, accounts: Accounts, ana: Account
) -> None:
    browser.cookies.set(SESSION_COOKIE, "made-up-by-somebody", domain="testserver.local")
    sign_in(browser)
    first = browser.cookies[SESSION_COOKIE]
    assert first != "made-up-by-somebody"
    sign_in(browser)
    assert browser.cookies[SESSION_COOKIE] != first
    assert accounts.tokens.signed_in(first) is None


def test_over_https_cookies_go_nowhere_else(site: FastAPI, ana: Account) -> None:
    with TestClient(site, base_url="https://testserver", follow_redirects=False) as browser:
        answer = browser.post("/sign-in", data={"name": "ana", "password": PASSWORD})
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("secure" in each.lower() and "httponly" in each.lower() for each in cookies)


def test_whoever_sits_at_an_open_page_cannot_guess_its_password(
    browser: TestClient, ana: Account
) -> None:
    sign_in(browser)
    form = {
        "form_token": form_token(browser.cookies[SESSION_COOKIE]),
        "current": "guess",
        "password": "another lantern otter violin",
        "repeated": "another lantern otter violin",
    }
    statuses = [browser.post("/password", data=form).status_code for _ in range(ACCOUNT_BURST + 1)]
    assert statuses == [403] * ACCOUNT_BURST + [429]
    right = {**form, "current": PASSWORD}
    assert browser.post("/password", data=right).status_code == 429
