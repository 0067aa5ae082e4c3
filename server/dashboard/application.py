"""The dashboard as one application, made of the coordinator's folder alone."""

from __future__ import annotations

from fastapi import FastAPI

from server.home import CoordinatorHome


def create_dashboard(home: CoordinatorHome) -> FastAPI:
    """Build the dashboard.

    It keeps nothing in memory that another process would have to know: several may serve the same
    federation, and each may end at any time. It opens no port; whoever serves it does.

    Parameters
    ----------
    home : CoordinatorHome
        Its database is read at each request and by the pages that stay open.
    """
    application = FastAPI(title="Juntos", docs_url=None, redoc_url=None, openapi_url=None)
    application.state.home = home
    return application
