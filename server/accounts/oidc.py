"""Signing in at an identity provider: OpenID Connect's code flow, with PKCE, state and nonce."""

from __future__ import annotations

import logging
import math
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
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

from server.accounts.actions import Actor
from server.accounts.guard import address_of
from server.accounts.provider_account import RefusedByRulesError, account_for, groups_of
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
# A provider signs with a key that only it has: neither not at all nor with the client's secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
# However an answer is not what it should be; of HTTP itself there are errors of their own.
WRONG = (OAuthError, JoseError, ValueError, RuntimeError, LookupError, TypeError, AttributeError)
# Of errors in the answers of providers, such as ``invalid_client``.
CODE = re.compile(r"[a-z_]{1,40}")
# Whose sentences say that it is not about whoever signs in.
DOWN = ("provider_down", "provider_wrong")


def add_oidc(
    application: FastAPI, accounts: Accounts, settings: OidcSettings, pages: Pages
) -> None:
    """Add the two addresses of signing in at a provider.

    Raises
    ------
    SettingsError
        When the client's secret cannot be read.
    """
    leaving = _Leaving(application, accounts, settings, pages)
    # What a sign-in needs in between is in a cookie, signed with a key of this process: who is
    # away while it ends begins again.
    away = Middleware(
        SessionMiddleware,
        secret_key=secrets.token_urlsafe(32),
        session_cookie=COOKIE,
        max_age=AWAY_SECONDS,
        same_site="lax",
        https_only=accounts.address.startswith("https:"),
    )
    routes = [Route("/", leaving.begin), Route("/callback", leaving.come_back)]
    application.mount(PLACE, Starlette(routes=routes, middleware=[away]))


class OtherProviderError(ValueError):
    """Whoever answers is not the provider that the settings name."""


class _Leaving:
    """The way to the provider, and back."""

    def __init__(
        self, application: FastAPI, accounts: Accounts, settings: OidcSettings, pages: Pages
    ) -> None:
        self._application = application
        self._accounts, self._settings, self._pages = accounts, settings, pages
        self._provider = _registered(accounts, settings)

    async def begin(self, request: Request) -> Response:
        """Send somebody to the provider."""
        wait = self._accounts.limits.take_without_account(address_of(request))
        if wait:
            return self._page(request, HTTPStatus.TOO_MANY_REQUESTS, "too_many", math.ceil(wait))
        request.session["back"] = own_path(request.query_params.get("back", "/"))
        # As people reach the dashboard: a proxy may stand between.
        known = self._accounts.address or str(request.base_url).rstrip("/")
        try:
            await self._check_provider()
            response: Response = await self._provider.authorize_redirect(
                request, f"{known}{PLACE}/callback"
            )
        except HTTPError as error:
            return await self._refuse(request, "provider_down", _told(error))
        except WRONG as error:
            return await self._refuse(request, "provider_wrong", _told(error))
        return response

    async def _check_provider(self) -> None:
        """Read what the provider says of itself, and refuse to believe weak signatures.

        Raises
        ------
        OtherProviderError
            When it is not the issuer of the settings (OpenID Connect Discovery, section 4.3).
        """
        said = await self._provider.load_server_metadata()
        if said.get("issuer") != self._settings.issuer:
            raise OtherProviderError(f"it calls itself {str(said.get('issuer'))[:200]!r}")
        offered = said.get("id_token_signing_alg_values_supported") or ALGORITHMS[:1]
        said["id_token_signing_alg_values_supported"] = [
            each for each in offered if each in ALGORITHMS
        ]

    async def come_back(self, request: Request) -> Response:
        """Sign in whom the provider names, if the rules of this federation let them."""
        try:
            claims = await self._claims(request)
        except HTTPError as error:
            return await self._refuse(request, "provider_down", _told(error))
        except WRONG as error:
            return await self._refuse(request, "provider_refused", _told(error))
        back = request.session.get("back", "/")
        request.session.clear()
        return await run_in_threadpool(self._let_in, request, claims, back)

    async def _claims(self, request: Request) -> Mapping[str, Any]:
        """Return what the provider says of somebody, its signature, time and nonce checked."""
        await self._check_provider()
        expected = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
        }
        token = await self._provider.authorize_access_token(request, claims_options=expected)
        claims = dict(token.get("userinfo") or {})
        if not claims.get("sub"):
            raise ValueError("nobody")
        if groups_of(self._settings, claims) is None:
            more = dict(await self._provider.userinfo(token=token))
            # OpenID Connect Core, section 5.3.2: it must speak of the same person.
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return claims

    def _let_in(self, request: Request, claims: Mapping[str, Any], back: str) -> Response:
        try:
            account = account_for(self._accounts.store, self._settings, claims)
        except RefusedByRulesError as error:
            return self._refusal(request, error.kind, error.name)
        outer = self._outer(request)
        actor = Actor(account.name, account.role, "session", address_of(outer))
        self._accounts.log.add(actor, "account.sign_in", account.name)
        return begin_session(outer, self._accounts, account, back)

    async def _refuse(self, request: Request, kind: str, detail: str) -> Response:
        return await run_in_threadpool(self._refusal, request, kind, detail)

    def _refusal(self, request: Request, kind: str, detail: str) -> Response:
        address = address_of(request)
        # Whoever sends answers that nobody asked for fills neither the log nor the records.
        wait = self._accounts.limits.take_without_account(address)
        if wait:
            return self._page(request, HTTPStatus.TOO_MANY_REQUESTS, "too_many", math.ceil(wait))
        log.warning("sign-in at the provider refused: %s (%s)", kind, detail)
        actor = Actor("", "", "session", address)
        self._accounts.log.add(actor, "account.sign_in", "", "refused", f"{kind}: {detail}")
        status = HTTPStatus.SERVICE_UNAVAILABLE if kind in DOWN else HTTPStatus.FORBIDDEN
        return self._page(request, status, kind)

    def _page(self, request: Request, status: HTTPStatus, said: str, wait: int = 0) -> Response:
        page = self._pages.page(
            self._outer(request),
            "server.accounts/sign_in.html",
            status,
            back="/",
            said=said,
            wait=wait,
            name="",
            provider=self._settings.label,
        )
        if wait:
            page.headers["Retry-After"] = str(wait)
        return page

    def _outer(self, request: Request) -> Any:  # noqa: ANN401 - FastAPI's and Starlette's are one
        """Return the request as the whole application sees it, not the part mounted below it."""
        scope = dict(request.scope)
        scope["root_path"] = scope.get("app_root_path", "")
        scope["app"] = self._application
        return type(request)(scope, request.receive)


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


def _told(error: Exception) -> str:
    """Return what the log says of an error; nothing that a stranger wrote at any length."""
    if isinstance(error, OtherProviderError):
        return str(error)
    code = str(getattr(error, "error", "") or "")
    name = type(error).__name__
    return f"{name} {code}" if CODE.fullmatch(code) else name
