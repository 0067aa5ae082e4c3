"""The pages of signing in, with two that need a role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient

from server.accounts.account import Account
from server.accounts.guard import SESSION_COOKIE, acting, require
from server.accounts.services import Accounts, open_accounts
from server.accounts.sign_in import add_sign_in, own_form
from server.accounts.sign_in_limits import SignInLimits
from server.home import CoordinatorHome
from shared.errors import SettingsError
from shared.web.pages import Pages
from shared.web.site import create_site

PASSWORD = "lantern otter quartz violin"
Coordinator = Annotated[Account, Depends(require("coordinator"))]
Viewer = Annotated[Account, Depends(require("viewer"))]


@pytest.fixture
def accounts(home: CoordinatorHome) -> Accounts:
    # However slow this machine is, no time passes between two tries.
    return replace(open_accounts(home), limits=SignInLimits(clock=lambda: 0.0))


@pytest.fixture
def ana(accounts: Accounts) -> Account:
    account = accounts.store.add("Ana", "administrator")
    accounts.set_password(account, PASSWORD)
    return account


@pytest.fixture
def site(accounts: Accounts) -> FastAPI:
    pages = Pages(
        "cardiology", ("shared.web", "server.accounts", "server.dashboard"), SESSION_COOKIE
    )
    site = create_site(pages, hosts=["testserver"])
    add_sign_in(site, accounts, pages)

    @site.get("/")
    def first(account: Viewer) -> dict[str, str]:
        return {"name": account.name, "role": account.role}

    @site.post("/promote", dependencies=[Depends(own_form)])
    def promote(request: Request, _account: Coordinator, refused: bool = False) -> dict[str, str]:
        with acting(request, "candidate.promote", "run-0001", "better"):
            if refused:
                raise SettingsError("Another person was first.")
        return {}

    return site


@pytest.fixture
def browser(site: FastAPI) -> Iterator[TestClient]:
    with TestClient(site, follow_redirects=False) as client:
        yield client


def sign_in(
    browser: TestClient, name: str = "ana", password: str = PASSWORD, back: str = "/"
) -> int:
    """Send the form; return the status."""
    form = {"name": name, "password": password, "back": back}
    status: int = browser.post("/sign-in", data=form).status_code
    return status
