"""The API as one application: built of its parts in one place."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import timedelta
from importlib import metadata

from fastapi import APIRouter, FastAPI

from client.api.access_log import access_log
from client.api.answering import Answering
from client.api.description import ADDRESS, describe
from client.api.failures import add_failures
from client.api.frame import Frame, Observer
from client.api.keys.door import Door
from client.api.keys.key_book import KeyBook
from client.api.keys.known_keys import KnownKeys
from client.api.keys.rate_limits import RateLimits
from client.api.repeatable import RepeatableRequests
from client.api.routes.audit import audit
from client.api.routes.confirmations import confirmations
from client.api.routes.health import health
from client.api.routes.model import model
from client.api.routes.predictions import predictions
from client.api.settings import ApiSettings, SizeSettings, read_settings
from client.audit.vault import audit_key
from client.serving.services import NodeServices

# All below these is for keys only, unless said otherwise.
GUARDED = ("/v1/", "/fhir/", "/cds-services/")


def create_api(
    services: NodeServices,
    *,
    routers: Sequence[APIRouter] = (),
    observers: Sequence[Observer] | None = None,
    settings: ApiSettings | None = None,
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    services : NodeServices
        Closed by whoever opened them, after the application.
    routers : sequence of APIRouter
        More addresses, such as ``/metrics``; below the guarded prefixes they need a key.
    observers : sequence of callable, optional
        Get every exchange once it is over; the access log without it.
    settings : ApiSettings, optional
        Those of ``api.toml`` without it.

    Raises
    ------
    SettingsError
        When ``api.toml`` cannot be used.
    """
    settings = settings or read_settings(services.home.path)
    application = FastAPI(
        title="Juntos",
        summary="Ranked diseases with calibrated probabilities, at this hospital alone",
        version=metadata.version("juntos"),
        docs_url=None,
        redoc_url=None,
        openapi_url=ADDRESS,
    )
    for router in (*_routers(services, settings), *routers):
        application.include_router(router)
    add_failures(application)
    describe(application, services.contract)
    _add_layers(application, services, settings, observers)
    return application


def _routers(services: NodeServices, settings: ApiSettings) -> list[APIRouter]:
    answering = Answering(services)
    secret = hmac.digest(audit_key(services.home.keys / "audit"), b"api", "sha256")
    valid = timedelta(hours=settings.idempotency_hours)
    repeatable = RepeatableRequests(services.audit.engine, secret, valid)
    return [
        health(services),
        predictions(answering, repeatable, services.audit, settings.size.batch_cases),
        audit(services.audit),
        confirmations(services),
        model(services),
    ]


def _add_layers(
    application: FastAPI,
    services: NodeServices,
    settings: ApiSettings,
    observers: Sequence[Observer] | None,
) -> None:
    """Add what every request passes; the last one added is the outermost."""
    application.add_middleware(
        Door,
        keys=KnownKeys(KeyBook(services.audit.engine)),
        limits=RateLimits(settings.rate.per_second, settings.rate.burst),
        needs_key=lambda path: _needs_key(path, settings),
    )
    application.add_middleware(
        Frame,
        largest=lambda path: _largest(path, settings.size),
        observers=[access_log()] if observers is None else observers,
    )


def _needs_key(path: str, settings: ApiSettings) -> bool:
    if path == ADDRESS or (settings.cds_hooks.open and path.startswith("/cds-services/")):
        return False
    return path.startswith(GUARDED)


def _largest(path: str, size: SizeSettings) -> int:
    """Return how many bytes may be sent to a path."""
    if path == "/v1/batches":
        return size.file
    return size.batch if path == "/v1/predictions/batch" else size.request
