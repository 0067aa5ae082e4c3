"""What protects the pages: headers, forms that only this site can send, and who may ask at all."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Form, Request
from starlette.responses import Response

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MAXIMUM_FORM_BYTES = 64 * 1024

# Nothing is loaded from elsewhere, nothing runs that is not a file of ours, nobody frames a page.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # "no-referrer" would take the origin from our own forms, too.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Next = Callable[[Request], Awaitable[Response]]


class ForeignFormError(Exception):
    """A form that was not made for this session, or not sent by this site."""


async def protect(request: Request, call_next: Next) -> Response:
    """Refuse forms that are too long, and add the headers to every answer."""
    length = request.headers.get("content-length", "")
    if request.method == "POST" and not (length.isdecimal() and int(length) <= MAXIMUM_FORM_BYTES):
        return Response(status_code=413, headers=HEADERS)
    response = await call_next(request)
    for name, value in HEADERS.items():
        # A page that was not made of these parts says itself what it is made of.
        response.headers.setdefault(name, value)
    # What the browser keeps, the next person at the machine could read.
    if not request.url.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


def form_token(session: str) -> str:
    """Return what the forms of a session carry; without the session, nobody knows it."""
    return hmac.new(session.encode(), b"form", hashlib.sha256).hexdigest()


class OwnForm:
    """Refuses a form that is not one of the session's; what changes something depends on it.

    Parameters
    ----------
    session_cookie : str
        As the site's `Pages` have it.
    """

    def __init__(self, session_cookie: str) -> None:
        self._session_cookie = session_cookie

    def __call__(self, request: Request, form_token: Annotated[str, Form()] = "") -> None:
        """Check the form that a request carries.

        Raises
        ------
        ForeignFormError
            When it was made for another session, or sent by another site.
        """
        refuse_foreign_form(request, request.cookies.get(self._session_cookie, ""), form_token)


def refuse_foreign_form(request: Request, session: str, token: str) -> None:
    """Check that a form is one of this session's.

    Raises
    ------
    ForeignFormError
        When it is not.
    """
    refuse_foreign_origin(request)
    if not hmac.compare_digest(token.encode(), form_token(session).encode()):
        raise ForeignFormError


def refuse_foreign_origin(request: Request) -> None:
    """Check that a form was sent by a page of this site, where the browser says so.

    Raises
    ------
    ForeignFormError
        When it was not.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignFormError
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignFormError
