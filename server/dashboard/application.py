"""The dashboard as one application, made of the coordinator's folder alone."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI

from server.accounts.guard import require
from server.accounts.services import open_accounts
from server.accounts.sign_in import add_sign_in
from server.api.application import ApiBeside, create_api
from server.dashboard.drift_pages import drift_routes
from server.dashboard.frame import PACKAGE, Dashboard
from server.dashboard.glance import glance_routes
from server.dashboard.hospital_pages import hospital_routes
from server.dashboard.live import live_events
from server.dashboard.model_pages import model_routes
from server.dashboard.people_pages import people_routes
from server.dashboard.record_pages import record_routes
from server.dashboard.result_pages import result_routes
from server.dashboard.run_pages import run_routes
from server.dashboard.schedule_pages import schedule_routes
from server.dashboard.token_pages import token_routes
from server.home import CoordinatorHome
from server.listening import dashboard_address
from server.monitoring.counting import Counting
from server.monitoring.routes import health_routes
from shared.enrolment import split_address
from shared.http.frame import Observer
from shared.monitoring.request_metrics import RequestMetrics
from shared.web.security import LOOPBACK
from shared.web.site import create_site


def create_dashboard(
    home: CoordinatorHome, hosts: Sequence[str] = (), observers: Sequence[Observer] = ()
) -> FastAPI:
    """Build the dashboard.

    It keeps nothing in memory that another process would have to know: several may serve the same
    federation, and each may end at any time. It opens no port; whoever serves it does.

    Parameters
    ----------
    home : CoordinatorHome
        Its database is read at each request and by the pages that stay open.
    hosts : sequence of str
        Names that a browser may know this machine by, beside the coordinator's own and loopback.
    observers : sequence of callable
        Get every exchange once it is over.
    """
    dashboard = Dashboard(home)
    application = create_site(dashboard.pages, [PACKAGE], [*_own_hosts(home), *hosts])
    application.state.home = home
    accounts = open_accounts(home)
    add_sign_in(application, accounts, dashboard.pages)
    for router in _routers(dashboard):
        application.include_router(router, dependencies=[Depends(require("viewer"))])
    # Outside of all that protects pages: the API has no cookies, and protects itself.
    application.add_middleware(ApiBeside, api=create_api(home, accounts))
    requests = RequestMetrics()
    application.include_router(health_routes(home, requests))
    application.add_middleware(Counting, observers=[requests.observe, *observers])
    return application


def _own_hosts(home: CoordinatorHome) -> list[str]:
    """Return the names under which people reach the dashboard."""
    names = [*LOOPBACK, split_address(home.settings.address)[0]]
    listens, shown = dashboard_address(home), urlsplit(home.settings.dashboard_address).hostname
    return [*names, *([listens[0]] if listens else []), *([shown] if shown else [])]


def _routers(dashboard: Dashboard) -> list[APIRouter]:
    return [
        glance_routes(dashboard),
        run_routes(dashboard),
        result_routes(dashboard),
        model_routes(dashboard),
        drift_routes(dashboard),
        hospital_routes(dashboard),
        schedule_routes(dashboard),
        record_routes(dashboard),
        people_routes(dashboard),
        token_routes(dashboard),
        live_events(dashboard.home),
    ]
