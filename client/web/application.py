"""The node's pages as one application; each part brings a router."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from client.web.people import People
from client.web.signing_in import NotSignedInError, signing_in
from shared.web.pages import Pages
from shared.web.security import LOOPBACK
from shared.web.site import PROBLEM, create_site


def create_application(
    people: People,
    pages: Pages,
    routers: Sequence[APIRouter],
    first_page: str,
    hosts: Sequence[str] = LOOPBACK,
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    routers : sequence of APIRouter
        The parts.
    first_page : str
        Where somebody who signed in goes.
    hosts : sequence of str
        As `shared.web.site.create_site` takes them.
    """
    application = create_site(pages, ["client.web"], hosts)
    for router in (signing_in(people, pages), *routers):
        application.include_router(router)

    @application.get("/")
    def start(request: Request) -> Response:
        return RedirectResponse(request.scope.get("root_path", "") + first_page, 303)

    @application.exception_handler(NotSignedInError)
    def not_signed_in(request: Request, _error: Exception) -> Response:
        return pages.page(request, PROBLEM, 401, kind="not_signed_in", detail="")

    return application
