"""The API as one application: built of its parts in one place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib import metadata

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from server.accounts.services import Accounts, know_accounts, open_accounts
from server.api.caller import house_rules
from server.api.failures import add_failures
from server.api.repeatable import RepeatableRequests
from server.api.routes.contracts import contracts
from server.api.routes.federation import federation
from server.api.routes.hospitals import hospitals
from server.api.routes.models import models, sign_offs
from server.api.routes.people import accounts as account_routes
from server.api.routes.people import actions, tokens
from server.api.routes.runs import runs
from server.api.routes.schedule import queue, schedule
from server.home import CoordinatorHome
from shared.http.description import ADDRESS, describe
from shared.http.door import Door
from shared.http.frame import Frame, Observer
from shared.http.own_headers import OWN_HEADERS
from shared.http.rate_limits import RateLimits

PREFIX = "/v1/"


def create_api(
    home: CoordinatorHome, accounts: Accounts | None = None, observers: Sequence[Observer] = ()
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    home : CoordinatorHome
    accounts : Accounts, optional
        Where they are open already.
    observers : sequence of callable
        Get every exchange once it is over.
    """
    settings, known = home.settings.api, accounts or open_accounts(home)
    application = FastAPI(
        title="Juntos, coordinator",
        summary="How the federation stands, why, and what a person can do",
        version=metadata.version("juntos"),
        docs_url=None,
        redoc_url=None,
        openapi_url=ADDRESS,
    )
    know_accounts(application, known)
    valid = timedelta(hours=settings.idempotency_hours)
    application.state.repeatable = RepeatableRequests(home.engine(), valid)
    for router in (
        federation(home),
        hospitals(home),
        runs(home),
        models(home),
        contracts(home),
        sign_offs(home),
        queue(home),
        schedule(home),
        account_routes(home, known),
        tokens(known),
        actions(known),
    ):
        application.include_router(router)
    add_failures(application)
    describe(application)
    limits = RateLimits(settings.per_second, settings.burst)
    application.add_middleware(Door, rules=house_rules(known.api_tokens), limits=limits)
    application.add_middleware(
        Frame,
        largest=lambda _path: settings.largest_bytes,
        observers=observers,
        headers=OWN_HEADERS,
    )
    return application


class ApiBeside:
    """Gives the API what is the API's; pages and their protection never see it.

    Parameters
    ----------
    inner : ASGI application
        The dashboard.
    api : ASGI application
    """

    def __init__(self, inner: ASGIApp, api: ASGIApp) -> None:
        self._inner, self._api = inner, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        mine = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self._api if mine else self._inner)(scope, receive, send)
