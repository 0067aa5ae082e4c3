"""Signing in at an identity provider: OpenID Connect's code flow, with PKCE, state and nonce."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI
from httpx import HTTPError
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.accounts.account import Account
from server.accounts.actions import Actor
from server.accounts.guard import address_of
from server.accounts.provider_account import RefusedByRulesError, account_for
from server.accounts.services import Accounts
from server.accounts.sessions import begin_session
from server.accounts.settings import OidcSettings
from shared.web.choosing_language import own_path
from shared.web.pages import Pages

log = logging.getLogger("juntos.accounts")
# For as long as somebody is away at the provider.
COOKIE, AWAY_SECONDS = "juntos_coordinator_oidc", 600
PLACE, PROVIDER = "/sign-in/oidc", "provider"
TIMEOUT_SECONDS = 15


def add_oidc(
    application: FastAPI, accounts: Accounts, settings: OidcSettings, pages: Pages
) -> None:
    """Add the two addresses of signing in at a provider.

    Raises
    ------
    SettingsError
        When the client's secret cannot be read.
    """
    leaving = _Leaving(accounts, settings, pages)
    # What a sign-in needs in between is in a cookie, signed with a key of this process: who is
    # away while it ends begins again.
    away = Middleware(
        SessionMiddleware,
        secret_key=secrets.token_urlsafe(32),
        session_cookie=COOKIE,
        max_age=AWAY_SECONDS,
        same_site="lax",
    )
    routes = [Route("/", leaving.begin), Route("/callback", leaving.come_back)]
    application.mount(PLACE, Starlette(routes=routes, middleware=[away]))


class _Leaving:
    """The way to the provider, and back."""

    def __init__(self, accounts: Accounts, settings: OidcSettings, pages: Pages) -> None:
        self._accounts, self._settings, self._pages = accounts, settings, pages
        self._provider = _registered(accounts, settings)

    async def begin(self, request: Request) -> Response:
        """Send somebody to the provider."""
        request.session["back"] = own_path(request.query_params.get("back", "/"))
        callback = str(request.base_url).rstrip("/") + f"{PLACE}/callback"
        try:
            response: Response = await self._provider.authorize_redirect(request, callback)
        except (OAuthError, HTTPError, ValueError, RuntimeError) as error:
            return self._refuse(request, "provider_refused", type(error).__name__)
        return response

    async def come_back(self, request: Request) -> Response:
        """Sign in whom the provider names, if the rules of this federation let them."""
        try:
            claims = await self._claims(request)
        except (OAuthError, HTTPError, JoseError, ValueError, RuntimeError) as error:
            return self._refuse(request, "provider_refused", type(error).__name__)
        back = request.session.get("back", "/")
        request.session.clear()
        return await run_in_threadpool(self._let_in, request, claims, back)

    async def _claims(self, request: Request) -> Mapping[str, Any]:
        """Return what the provider says of somebody, its signature, time and nonce checked."""
        token = await self._provider.authorize_access_token(request)
        claims = dict(token.get("userinfo") or {})
        if not claims.get("sub") or claims.get("iss") != self._settings.issuer:
            raise ValueError("no identity of this provider")
        if self._settings.groups_claim not in claims:
            more = dict(await self._provider.userinfo(token=token))
            # OpenID Connect Core, section 5.3.2: it must speak of the same person.
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return claims

    def _let_in(self, request: Request, claims: Mapping[str, Any], back: str) -> Response:
        try:
            account = account_for(self._accounts.store, self._settings, claims)
        except RefusedByRulesError as error:
            return self._refuse(request, error.kind, error.name)
        self._accounts.log.add(_actor(request, account), "account.sign_in", account.name)
        return begin_session(_outer(request), self._accounts, account, back)

    def _refuse(self, request: Request, kind: str, detail: str) -> Response:
        log.warning("sign-in at the provider refused: %s", kind)
        actor = Actor("", "", "session", address_of(_outer(request)))
        self._accounts.log.add(actor, "account.sign_in", "", "refused", f"{kind}: {detail}")
        return self._pages.page(
            _outer(request),
            "server.accounts/sign_in.html",
            403,
            back="/",
            said=kind,
            wait=0,
            provider=self._settings.label,
        )


def _registered(accounts: Accounts, settings: OidcSettings) -> Any:  # noqa: ANN401 - authlib's
    verify: bool | str = (
        True if settings.ca_file is None else str(accounts.folder / settings.ca_file)
    )
    return OAuth().register(
        PROVIDER,
        client_id=settings.client_id,
        client_secret=settings.client_secret.read(accounts.folder),
        server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": " ".join(settings.scopes),
            "code_challenge_method": "S256",
            "timeout": TIMEOUT_SECONDS,
            "verify": verify,
        },
    )


def _outer(request: Request) -> Any:  # noqa: ANN401 - FastAPI's and Starlette's requests are one
    """Return the request as the whole application sees it, not the part mounted below it."""
    scope = dict(request.scope)
    scope["root_path"] = scope.get("app_root_path", "")
    return type(request)(scope, request.receive)


def _actor(request: Request, account: Account) -> Actor:
    return Actor(account.name, account.role, "session", address_of(_outer(request)))
