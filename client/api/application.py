"""The API as one application: built of its parts in one place."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import metadata

from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from client.api.access_log import access_log
from client.api.answering import Answering
from client.api.batches.batch_store import FOLDER, BatchFiles
from client.api.batches.batch_worker import BatchWorker
from client.api.description import ADDRESS, describe
from client.api.direct import Direct
from client.api.failures import add_failures
from client.api.fhir.opening import OpenedReading, open_write_backs
from client.api.frame import OWN_HEADERS, Frame, Observer
from client.api.keys.door import Door
from client.api.keys.key_book import KeyBook
from client.api.keys.known_keys import KnownKeys
from client.api.keys.rate_limits import RateLimits
from client.api.page_beside import PageBeside
from client.api.record_system_origins import RecordSystemOrigins
from client.api.repeatable import RepeatableRequests
from client.api.routes.audit import audit
from client.api.routes.batches import batches
from client.api.routes.cds_hooks import cds_hooks
from client.api.routes.confirmations import confirmations
from client.api.routes.fhir import fhir
from client.api.routes.findings import findings
from client.api.routes.health import health
from client.api.routes.model import model
from client.api.routes.models import models
from client.api.routes.one_prediction import PATH, OnePrediction
from client.api.routes.phenopackets import phenopackets
from client.api.routes.predictions import batch_predictions
from client.api.routes.rankings import rankings
from client.api.settings import ApiSettings, SizeSettings, read_settings
from client.audit.vault import audit_key
from client.serving.services import NodeServices

# Several cases, or all that is recorded of a patient.
LARGE = ("/v1/predictions/batch", "/fhir/", "/cds-services/")
# All below these is for keys only, unless said otherwise.
GUARDED = ("/v1/", "/fhir/", "/cds-services/")


def create_api(
    services: NodeServices,
    *,
    routers: Sequence[APIRouter] = (),
    observers: Sequence[Observer] | None = None,
    settings: ApiSettings | None = None,
    page: ASGIApp | None = None,
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
    page : ASGI application, optional
        Answers what is neither the API's nor needs a key.

    Raises
    ------
    SettingsError
        When ``api.toml`` cannot be used.
    """
    settings = settings or read_settings(services.home.path)
    parts = Parts(services, settings)
    application = FastAPI(
        title="Juntos",
        summary="Ranked diseases with calibrated probabilities, at this hospital alone",
        version=metadata.version("juntos"),
        docs_url=None,
        redoc_url=None,
        openapi_url=ADDRESS,
        lifespan=parts.running,
    )
    for router in (*parts.routers(), *routers):
        application.include_router(router)
    add_failures(application)
    describe(application, services.contract)
    if page is not None:
        application.add_middleware(PageBeside, page=page)
    application.add_middleware(Direct, addresses={PATH: parts.one.address})
    _add_layers(application, services, settings, observers)
    return application


class Parts:
    """What the addresses share, and what runs beside them.

    Parameters
    ----------
    services : NodeServices
    settings : ApiSettings
    """

    def __init__(self, services: NodeServices, settings: ApiSettings) -> None:
        self.services = services
        self.settings = settings
        self.answering = Answering(services)
        self._repeatable = _repeatable(services, settings.idempotency_hours)
        self.one = OnePrediction(self.answering, self._repeatable, services.audit)
        self.reading = OpenedReading(services, settings)
        self.write_backs = open_write_backs(services, settings.fhir.write_back)
        self.files = BatchFiles(services.home.path / FOLDER, services.audit.vault)
        keep = timedelta(days=settings.batch_days)
        self.worker = BatchWorker(self.files, self.answering, services.audit, keep)

    def routers(self) -> list[APIRouter]:
        """Return the addresses."""
        services, answering = self.services, self.answering
        without_key = self.settings.cds_hooks.open
        return [
            health(services),
            self.one.router(),
            batch_predictions(
                answering, self._repeatable, services.audit, self.settings.size.batch_cases
            ),
            findings(services),
            phenopackets(answering, self._repeatable, services.audit, services.contract),
            rankings(services, answering),
            audit(services.audit),
            batches(services, self.files, self.worker, self.settings.size.file_cases),
            confirmations(services),
            model(services),
            models(services.store),
            fhir(services, answering, self.reading, self.write_backs),
            cds_hooks(services, answering, self.reading, without_key=without_key),
        ]

    @asynccontextmanager
    async def running(self, _application: FastAPI) -> AsyncIterator[None]:
        """Run what works beside requests, as long as the application does."""
        self.worker.start()
        if self.write_backs is not None:
            self.write_backs.start()
        try:
            yield
        finally:
            await run_in_threadpool(self.worker.stop)
            if self.write_backs is not None:
                await run_in_threadpool(self.write_backs.stop)


def _repeatable(services: NodeServices, hours: int) -> RepeatableRequests:
    secret = hmac.digest(audit_key(services.home.keys / "audit"), b"api", "sha256")
    return RepeatableRequests(services.audit.engine, secret, timedelta(hours=hours))


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
    if settings.cds_hooks.origins:
        application.add_middleware(RecordSystemOrigins, origins=settings.cds_hooks.origins)
    application.add_middleware(
        Frame,
        largest=lambda path: _largest(path, settings.size),
        observers=[access_log()] if observers is None else observers,
        headers=OWN_HEADERS,
    )


def _needs_key(path: str, settings: ApiSettings) -> bool:
    if path == ADDRESS or (settings.cds_hooks.open and path.startswith("/cds-services/")):
        return False
    return path.startswith(GUARDED)


def _largest(path: str, size: SizeSettings) -> int:
    """Return how many bytes may be sent to a path."""
    if path == "/v1/batches":
        return size.file
    return size.batch if path.startswith(LARGE) else size.request
