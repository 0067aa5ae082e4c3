"""Choosing the language of the pages; the browser keeps it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from shared.web.pages import LANGUAGE_COOKIE
from shared.web.security import refuse_foreign_origin
from shared.web.words import LANGUAGES

SEE_OTHER = 303
YEAR_SECONDS = 365 * 24 * 3600


def choosing_language() -> APIRouter:
    """Return the route that the language's button sends its form to."""
    router = APIRouter()

    @router.post("/language")
    def choose(
        request: Request, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/"
    ) -> Response:
        refuse_foreign_origin(request)
        response = RedirectResponse(own_path(back), SEE_OTHER)
        if language in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, httponly=True, samesite="strict"
            )
        return response

    return router


def own_path(path: str) -> str:
    """Return a path of this site, or the first page where it leads elsewhere."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else "/"
