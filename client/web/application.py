"""The node's pages as one application; each part brings a router."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from client.web.pages import Pages
from client.web.people import People
from client.web.security import HEADERS, LOOPBACK, ForeignFormError, protect
from client.web.signing_in import NotSignedInError, signing_in
from shared.errors import JuntosError

log = logging.getLogger("juntos.web")
STATIC = Path(__file__).with_name("static")
PROBLEM = "client.web/problem.html"


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
        Names that the browser may know this machine by; another one is a page of somebody else's
        that got hold of our address.
    """
    application = FastAPI(title="Juntos", docs_url=None, redoc_url=None, openapi_url=None)
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    application.middleware("http")(protect)
    application.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in (signing_in(people, pages), *routers):
        application.include_router(router)

    @application.get("/")
    def start(request: Request) -> Response:
        return RedirectResponse(request.scope.get("root_path", "") + first_page, 303)

    _add_problems(application, pages)
    return application


def _add_problems(application: FastAPI, pages: Pages) -> None:
    """Say in the reader's language what went wrong; never what a form or a record held."""

    def problem(request: Request, status: int, kind: str, detail: str = "") -> Response:
        return pages.page(request, PROBLEM, status, kind=kind, detail=detail)

    @application.exception_handler(NotSignedInError)
    def not_signed_in(request: Request, _error: Exception) -> Response:
        return problem(request, 401, "not_signed_in")

    @application.exception_handler(ForeignFormError)
    def foreign_form(request: Request, _error: Exception) -> Response:
        return problem(request, 403, "foreign_form")

    @application.exception_handler(RequestValidationError)
    def incomplete(request: Request, _error: Exception) -> Response:
        return problem(request, 422, "incomplete")

    @application.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        return problem(
            request, error.status_code, "absent" if error.status_code == 404 else "refused"
        )

    @application.exception_handler(JuntosError)
    def known(request: Request, error: JuntosError) -> Response:
        return problem(request, 422, "known", str(error))

    @application.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        log.error("failed: %s", type(error).__name__)
        response = problem(request, 500, "unexpected")
        response.headers.update(HEADERS)
        return response
