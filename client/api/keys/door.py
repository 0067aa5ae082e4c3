"""Whom the API lets in, before anything of a request's body is read."""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from client.api.keys.key_book import ApiKey
from client.api.keys.known_keys import KnownKeys
from client.api.keys.rate_limits import RateLimits
from client.api.problems import ApiError, problem_response, unavailable

SCHEME = b"bearer "
# The bucket of all who ask without a key, together; and what may be asked so.
NOBODY = ""
ASKING = "/cds-services/"


class Door:
    """Asks for a key where one is needed.

    Parameters
    ----------
    inner : ASGI application
    keys : KnownKeys
    limits : RateLimits
    needs_key : callable
        Says it of a path.
    """

    def __init__(
        self,
        inner: ASGIApp,
        keys: KnownKeys,
        limits: RateLimits,
        needs_key: Callable[[str], bool],
    ) -> None:
        self._inner = inner
        self._keys = keys
        self._limits = limits
        self._needs_key = needs_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, with its key in the state, or refuse it."""
        if scope["type"] == "http":
            try:
                await self._admit(scope)
            except ApiError as error:
                request_id = scope.get("state", {}).get("request_id", "")
                await problem_response(error, request_id)(scope, receive, send)
                return
        await self._inner(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        needed = self._needs_key(scope["path"])
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if header[: len(SCHEME)].lower() != SCHEME:
            if needed:
                raise no_key()
            self._limit_nobody(scope["path"])
            return
        try:
            key = await self._keys.find(header[len(SCHEME) :].strip().decode("latin-1"))
        except SQLAlchemyError:
            raise unavailable(
                "database-unavailable",
                "The node cannot look up the key",
                "The node's database does not answer.",
                "Check that it runs and that its disk is not full.",
            ) from None
        if key is None:
            if needed:
                raise unknown_key()
            self._limit_nobody(scope["path"])
            return
        self._refuse_too_many(key.name)
        state = scope.setdefault("state", {})
        state["caller"], state["key"] = key, key.name

    def _limit_nobody(self, path: str) -> None:
        """Refuse too many questions without a key; whoever watches the service is not counted."""
        if path.startswith(ASKING):
            self._refuse_too_many(NOBODY)

    def _refuse_too_many(self, name: str) -> None:
        wait = self._limits.take(name)
        if wait:
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many requests",
                "Wait as long as Retry-After says, or send several cases in one request.",
                headers={"Retry-After": str(math.ceil(wait))},
            )


def no_key() -> ApiError:
    """Return the problem of a request without a key."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "key-needed",
        "A key is needed",
        "Send the header Authorization: Bearer KEY.",
        "The node's administrator makes keys: juntos node key add NAME --role ROLE.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos"'},
    )


def unknown_key() -> ApiError:
    """Return the problem of a key that is none, or revoked."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "key-unknown",
        "The key is unknown or revoked",
        fix="Ask the node's administrator for a new one.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos", error="invalid_token"'},
    )


def wrong_role(key: ApiKey, needed: str) -> ApiError:
    """Return the problem of a key without the role."""
    return ApiError(
        HTTPStatus.FORBIDDEN,
        "role-needed",
        "The key may not do this",
        f"The key {key.name!r} has no role {needed!r}.",
        "Ask the node's administrator for a key with it.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos", error="insufficient_scope"'},
    )
