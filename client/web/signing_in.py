"""Signing in with a link that works once, signing out, and choosing a language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from client.web.pages import LANGUAGE_COOKIE, SESSION_COOKIE, Pages
from client.web.people import People
from client.web.security import refuse_foreign_form, refuse_foreign_origin
from client.web.words import LANGUAGES

SEE_OTHER = 303
YEAR_SECONDS = 365 * 24 * 3600


class NotSignedInError(Exception):
    """A page that only readers see was asked for by nobody known."""


class SignedIn:
    """Says who asks; pages depend on it.

    Parameters
    ----------
    people : People
    """

    def __init__(self, people: People) -> None:
        self._people = people

    def __call__(self, request: Request) -> str:
        """Return the reader's name.

        Raises
        ------
        NotSignedInError
            When there is no session, or it is over.
        """
        name = self._people.signed_in(request.cookies.get(SESSION_COOKIE, ""))
        if name is None:
            raise NotSignedInError
        request.state.reader = name
        return name


def reader_of(request: Request) -> str:
    """Return who asks, on pages that depend on `SignedIn`."""
    reader: str = request.state.reader
    return reader


Reader = Annotated[str, Depends(reader_of)]


def own_form(request: Request, form_token: Annotated[str, Form()] = "") -> None:
    """Refuse a form that is not one of this session's; pages that change something depend on it.

    Raises
    ------
    ForeignFormError
        When it is not.
    """
    refuse_foreign_form(request, request.cookies.get(SESSION_COOKIE, ""), form_token)


def own_path(path: str) -> str:
    """Return a path of this site, or the first page where it leads elsewhere."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else "/"


def signing_in(people: People, pages: Pages) -> APIRouter:
    """Return the routes of signing in and out."""
    router = APIRouter()

    @router.get("/sign-in/{token}")
    def ask(request: Request, token: str) -> Response:
        # Opening the link uses nothing up: mail programs open links before people do.
        name = people.invited(token)
        if name is None:
            return pages.page(request, "client.web/invalid_link.html", 403)
        return pages.page(request, "client.web/sign_in.html", name=name, token=token)

    @router.post("/sign-in")
    def sign_in(request: Request, token: Annotated[str, Form()]) -> Response:
        refuse_foreign_origin(request)
        session = people.sign_in(token)
        if session is None:
            return pages.page(request, "client.web/invalid_link.html", 403)
        response = RedirectResponse(request.scope.get("root_path", "") + "/", SEE_OTHER)
        response.set_cookie(
            SESSION_COOKIE,
            session,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @router.post("/sign-out")
    def sign_out(request: Request, form_token: Annotated[str, Form()] = "") -> Response:
        own_form(request, form_token)
        people.sign_out(request.cookies.get(SESSION_COOKIE, ""))
        response = pages.page(request, "client.web/signed_out.html")
        response.delete_cookie(SESSION_COOKIE)
        return response

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
