"""Signing in with a password or at an identity provider, signing out, choosing a password."""

from __future__ import annotations

import math
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from server.accounts.account import Account
from server.accounts.actions import Actor
from server.accounts.guard import (
    SESSION_COOKIE,
    NotSignedInError,
    RoleNeededError,
    acting,
    address_of,
    current_account,
)
from server.accounts.passwords import LONGEST, WeakPasswordError
from server.accounts.services import Accounts, know_accounts
from server.accounts.sessions import begin_session, known_browser
from shared.web.choosing_language import SEE_OTHER, own_path
from shared.web.pages import Pages
from shared.web.security import OwnForm, refuse_foreign_origin

PACKAGE = "server.accounts"
SIGN_IN, CHOOSE = f"{PACKAGE}/sign_in.html", f"{PACKAGE}/choose_password.html"
LINK_OVER = f"{PACKAGE}/link_over.html"
PROBLEM = "shared.web/problem.html"
Name = Annotated[str, Form(max_length=64)]
Password = Annotated[str, Form(max_length=LONGEST + 1)]
SignedIn = Annotated[Account, Depends(current_account)]
own_form = OwnForm(SESSION_COOKIE)


def add_sign_in(application: FastAPI, accounts: Accounts, pages: Pages) -> None:
    """Let people sign in to an application, and let its pages know who asks.

    Parameters
    ----------
    pages : Pages
        With ``server.accounts`` among its packages and `SESSION_COOKIE` as its session's cookie.
    """
    know_accounts(application, accounts)
    application.include_router(_signing_in(accounts, pages))
    application.include_router(_links(accounts, pages))
    application.include_router(_own_password(accounts, pages))
    if accounts.settings.oidc is not None:
        from server.accounts.oidc import add_oidc

        add_oidc(application, accounts, accounts.settings.oidc, pages)
    _add_refusals(application, pages)


def _signing_in(accounts: Accounts, pages: Pages) -> APIRouter:
    router = APIRouter()

    def ask(
        request: Request,
        back: str,
        status: int = 200,
        said: str = "",
        wait: int = 0,
        name: str = "",
    ) -> Response:
        oidc = accounts.settings.oidc
        return pages.page(
            request,
            SIGN_IN,
            status,
            back=own_path(back),
            said=said,
            wait=wait,
            name=name,
            provider="" if oidc is None else oidc.label,
        )

    @router.get("/sign-in")
    def form(request: Request, back: str = "/") -> Response:
        return ask(request, back)

    @router.post("/sign-in")
    def sign_in(
        request: Request, name: Name, password: Password, back: Annotated[str, Form()] = "/"
    ) -> Response:
        refuse_foreign_origin(request)
        actor = Actor(name.strip().lower(), "", "session", address_of(request))
        browser = known_browser(request, accounts, actor.name)
        wait = accounts.limits.take(actor.address, actor.name, browser)
        if wait:
            response = ask(request, back, 429, "too_many", math.ceil(wait), name)
            response.headers["Retry-After"] = str(math.ceil(wait))
            return response
        account = accounts.store.with_password(name, password)
        if account is None:
            accounts.log.add(actor, "account.sign_in", actor.name, "refused")
            return ask(request, back, 403, "wrong", name=name)
        accounts.log.add(actor, "account.sign_in", account.name)
        return begin_session(request, accounts, account, back)

    @router.post("/sign-out", dependencies=[Depends(own_form)])
    def sign_out(request: Request) -> Response:
        accounts.tokens.end(request.cookies.get(SESSION_COOKIE, ""))
        response = ask(request, "/", said="out")
        response.delete_cookie(SESSION_COOKIE)
        return response

    return router


def _links(accounts: Accounts, pages: Pages) -> APIRouter:
    """Return the pages behind a link that works once: whoever has it chooses a password."""
    router = APIRouter()

    def ask(request: Request, account: Account, token: str, said: str = "") -> Response:
        return pages.page(
            request,
            CHOOSE,
            422 if said else 200,
            name=account.name,
            token=token,
            said=said,
            least=accounts.settings.password_length,
        )

    @router.get("/sign-in/link/{token}")
    def open_link(request: Request, token: str) -> Response:
        # Opening the link uses nothing up: mail programs open links before people do.
        account = accounts.tokens.invited(token)
        if account is None:
            return pages.page(request, LINK_OVER, 403)
        return ask(request, account, token)

    @router.post("/sign-in/link")
    def use(
        request: Request, token: Annotated[str, Form()], password: Password, repeated: Password
    ) -> Response:
        refuse_foreign_origin(request)
        account = accounts.tokens.invited(token)
        if account is None:
            return pages.page(request, LINK_OVER, 403)
        said = refused_password(accounts, account, password, repeated)
        if said:
            return ask(request, account, token, said)
        if accounts.tokens.use_link(token) is None:
            return pages.page(request, LINK_OVER, 403)
        actor = Actor(account.name, account.role, "session", address_of(request))
        with accounts.log.of(actor, "account.password", account.name, "by link"):
            accounts.set_password(account, password)
        return begin_session(request, accounts, account, "/")

    return router


def _own_password(accounts: Accounts, pages: Pages) -> APIRouter:
    router = APIRouter()

    def ask(request: Request, said: str = "", status: int = 200) -> Response:
        least = accounts.settings.password_length
        template = f"{PACKAGE}/own_password.html"
        return pages.page(request, template, status, said=said, least=least)

    @router.get("/password")
    def form(request: Request, _account: SignedIn) -> Response:
        return ask(request)

    @router.post("/password", dependencies=[Depends(own_form)])
    def change(
        request: Request,
        account: SignedIn,
        current: Password,
        password: Password,
        repeated: Password,
    ) -> Response:
        browser = known_browser(request, accounts, account.name)
        if accounts.limits.take(address_of(request), account.name, browser):
            return ask(request, "too_many", 429)
        if accounts.store.with_password(account.name, current) is None:
            return ask(request, "wrong", 403)
        said = refused_password(accounts, account, password, repeated)
        if said:
            return ask(request, said, 422)
        with acting(request, "account.password", account.name):
            accounts.set_password(account, password)
        return begin_session(request, accounts, account, "/")

    return router


def refused_password(accounts: Accounts, account: Account, password: str, repeated: str) -> str:
    """Return which sentence tells why a password is not taken; empty where it is."""
    if password != repeated:
        return "unequal"
    try:
        accounts.check_password(account, password)
    except WeakPasswordError as error:
        return error.kind
    return ""


def _add_refusals(application: FastAPI, pages: Pages) -> None:
    @application.exception_handler(NotSignedInError)
    def not_signed_in(request: Request, _error: Exception) -> Response:
        if request.method != "GET":
            return pages.page(request, PROBLEM, 401, kind="not_signed_in", detail="")
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        base = request.scope.get("root_path", "")
        return RedirectResponse(f"{base}/sign-in?back={quote(here, safe='/')}", SEE_OTHER)

    @application.exception_handler(RoleNeededError)
    def role_needed(request: Request, _error: Exception) -> Response:
        return pages.page(request, PROBLEM, 403, kind="role_needed", detail="")
