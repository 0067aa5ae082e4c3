"""The clinic's page at the API's own address: one process, one model for both."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

# Everything else is the API's. Pages are for people who signed in, not for keys.
PATHS = ("/", "/sign-in", "/sign-out", "/language", "/clinic")
FOLDERS = ("/static/", "/sign-in/", "/clinic/")


class PageBeside:
    """Gives the page what is the page's.

    Parameters
    ----------
    inner : ASGI application
    page : ASGI application
        See `client.clinic.serving.create_clinic`.
    """

    def __init__(self, inner: ASGIApp, page: ASGIApp) -> None:
        self._inner = inner
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        mine = scope["type"] == "http" and _is_page(scope["path"])
        await (self._page if mine else self._inner)(scope, receive, send)


def _is_page(path: str) -> bool:
    return path in PATHS or path.startswith(FOLDERS)
