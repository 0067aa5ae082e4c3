"""Counting every request to the coordinator's pages and API, and logging it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.frame import Exchange, Observer

# Pages that stay open for news last as long as somebody looks at them, which says nothing of speed.
UNCOUNTED = frozenset({"/events"})


class Counting:
    """A layer that tells observers of each exchange.

    Parameters
    ----------
    inner : ASGI application
    observers : sequence of callable
    """

    def __init__(self, inner: ASGIApp, observers: Sequence[Observer]) -> None:
        self._inner = inner
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in UNCOUNTED:
            await self._inner(scope, receive, send)
            return
        begun, status, sent = time.perf_counter(), int(HTTPStatus.INTERNAL_SERVER_ERROR), 0

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = int(message["status"])
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._inner(scope, receive, watched)
        finally:
            state = scope.get("state", {})
            exchange = Exchange(
                method=scope["method"],
                route=getattr(scope.get("route"), "path", ""),
                status=status,
                seconds=time.perf_counter() - begun,
                request_id=str(state.get("request_id", "")),
                key=str(state.get("key", "")),
                received=0,
                sent=sent,
            )
            for observe in self._observers:
                observe(exchange)
