"""Beginning a session: the cookies that a browser gets."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from server.accounts.account import Account
from server.accounts.account_tokens import KNOWN_BROWSER
from server.accounts.guard import SESSION_COOKIE
from server.accounts.services import Accounts
from shared.secret_tokens import digest_of
from shared.web.choosing_language import SEE_OTHER, own_path

BROWSER_COOKIE = "juntos_coordinator_browser"


def begin_session(request: Request, accounts: Accounts, account: Account, back: str) -> Response:
    """Return an answer that signs somebody in and leads them on; the session before ends."""
    before = request.cookies.get(SESSION_COOKIE, "")
    if before:
        accounts.tokens.end(before)
    accounts.store.signed_in(account.name)
    response = RedirectResponse(request.scope.get("root_path", "") + own_path(back), SEE_OTHER)
    # Lax: whoever follows a link in a message of the coordinator's is signed in already; forms
    # carry a token of their own.
    response.set_cookie(
        SESSION_COOKIE,
        accounts.tokens.session(account.name),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    if not known_browser(request, accounts, account.name):
        response.set_cookie(
            BROWSER_COOKIE,
            accounts.tokens.browser(account.name),
            max_age=int(KNOWN_BROWSER.total_seconds()),
            path=request.scope.get("root_path", "") + "/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
    return response


def known_browser(request: Request, accounts: Accounts, account: str) -> str:
    """Return the digest of a browser that an account knows; empty for any other."""
    token = request.cookies.get(BROWSER_COOKIE, "")
    return digest_of(token) if token and accounts.tokens.is_known(token, account) else ""
