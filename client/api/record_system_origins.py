"""Pages of the record system that may ask from a browser; of nothing but CDS Hooks."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/cds-services"
HOUR_SECONDS = 3600


class RecordSystemOrigins:
    """Cross-origin requests (CORS) for CDS Hooks; elsewhere they stay closed.

    Parameters
    ----------
    inner : ASGI application
    origins : sequence of str
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._inner = app
        self._open = CORSMiddleware(
            app,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            max_age=HOUR_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        opened = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self._open if opened else self._inner)(scope, receive, send)
