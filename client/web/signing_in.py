"""Signing in with a link that works once, and signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from client.web.pages import SESSION_COOKIE
from client.web.people import People
from shared.web.pages import Pages
from shared.web.security import OwnForm, refuse_foreign_origin

SEE_OTHER = 303


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
own_form = OwnForm(SESSION_COOKIE)


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

    return router
