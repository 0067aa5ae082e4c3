"""What every site of Juntos is served with: protection, files, languages, and words for errors."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from shared.errors import JuntosError
from shared.web.choosing_language import choosing_language
from shared.web.pages import Pages
from shared.web.security import HEADERS, LOOPBACK, ForeignFormError, protect

log = logging.getLogger("juntos.web")
PROBLEM = "shared.web/problem.html"


def create_site(
    pages: Pages, files: Sequence[str] = (), hosts: Sequence[str] = LOOPBACK
) -> FastAPI:
    """Build an application without pages yet.

    Parameters
    ----------
    files : sequence of str
        Packages with a folder ``static`` of their own, beside `shared.web`.
    hosts : sequence of str
        Names that the browser may know this machine by; another one is a page of somebody else's
        that got hold of our address.
    """
    site = FastAPI(title="Juntos", docs_url=None, redoc_url=None, openapi_url=None)
    site.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    site.middleware("http")(protect)
    folders: list[str | tuple[str, str]] = [(name, "static") for name in ("shared.web", *files)]
    site.mount("/static", StaticFiles(packages=folders), name="static")
    site.include_router(choosing_language())
    _add_problems(site, pages)
    return site


def _add_problems(site: FastAPI, pages: Pages) -> None:
    """Say in the reader's language what went wrong; never what a form or a record held."""

    def problem(request: Request, status: int, kind: str, detail: str = "") -> Response:
        return pages.page(request, PROBLEM, status, kind=kind, detail=detail)

    @site.exception_handler(ForeignFormError)
    def foreign_form(request: Request, _error: Exception) -> Response:
        return problem(request, 403, "foreign_form")

    @site.exception_handler(RequestValidationError)
    def incomplete(request: Request, _error: Exception) -> Response:
        return problem(request, 422, "incomplete")

    @site.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        return problem(
            request, error.status_code, "absent" if error.status_code == 404 else "refused"
        )

    @site.exception_handler(JuntosError)
    def known(request: Request, error: JuntosError) -> Response:
        return problem(request, 422, "known", str(error))

    @site.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        log.error("failed: %s", type(error).__name__)
        response = problem(request, 500, "unexpected")
        response.headers.update(HEADERS)
        return response
