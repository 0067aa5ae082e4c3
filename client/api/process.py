"""The API as a process of its own."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from client.api.settings import ApiSettings
from client.serving.services import NodeServices

GRACE_SECONDS = 20
# More than any request makes: what it made is gone again when it is over.
COLLECTED_OBJECTS = 20_000
SWITCH_SECONDS = 0.001


def server_of(application: FastAPI, settings: ApiSettings, home: Path) -> uvicorn.Server:
    """Return a server of the application; `uvicorn.Server.run` blocks until SIGINT or SIGTERM.

    It ends gracefully: requests that began are answered.
    """
    certificate, private_key = settings.certificate, settings.private_key
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        # The application writes its own, without what was asked.
        access_log=False,
        log_config=None,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=None if certificate is None else str(home / certificate),
        ssl_keyfile=None if private_key is None else str(home / private_key),
    )
    return uvicorn.Server(config)


def outlive_signals() -> None:
    """Let the process go on after SIGINT and SIGTERM.

    Once it has ended gracefully, the server raises the signal again, which would end the process
    before the services are closed.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: None)


def run_api(services: NodeServices, settings: ApiSettings | None = None) -> None:
    """Answer until SIGINT or SIGTERM, then close the services."""
    from client.api.settings import read_settings

    chosen = settings or read_settings(services.home.path)
    outlive_signals()
    try:
        server = server_of(watched_api(services, chosen), chosen, services.home.path)
        settle()
        server.run()
    finally:
        services.close()


def settle() -> None:
    """Prepare the interpreter for a long life of short requests.

    What is there by now stays: the collector would take tens of milliseconds to go through it, for
    which requests would wait. And the thread that writes answers down must soon get its turn.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_OBJECTS)
    sys.setswitchinterval(SWITCH_SECONDS)


def watched_api(services: NodeServices, settings: ApiSettings) -> FastAPI:
    """Build the application with ``/metrics``, the page, and a line of the log for each request."""
    from client.api.access_log import access_log
    from client.api.application import create_api
    from client.monitoring.metrics import monitored

    page = None
    if settings.page.open:
        from client.clinic.serving import create_clinic

        page = create_clinic(services, settings.page_hosts)
    router, observe = monitored(services)
    return create_api(
        services,
        routers=[router],
        observers=[access_log(), observe],
        settings=settings,
        page=page,
    )
