"""Whom an API lets in, before anything of a request's body is read."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.problems import ApiError, problem_response
from shared.http.rate_limits import RateLimits

SCHEME = b"bearer "


class Holder(Protocol):
    """Who a token belongs to."""

    @property
    def name(self) -> str:
        """Under which the log knows them, and their requests are counted."""


@dataclass(frozen=True)
class HouseRules:
    """What an API asks of those who come.

    Attributes
    ----------
    find : callable
        Returns who a token belongs to; None where it is none.
    needs_token : callable
        Says it of a path.
    bucket_without : callable
        Returns under which name a request without a good token is counted; None where it is not.
    no_token, unknown_token, unavailable : callable
        Return the problem of a request without a token, with a wrong one, and where tokens cannot
        be looked up.
    instead : str
        What else helps whoever asks too much.
    """

    find: Callable[[str], Awaitable[Holder | None]]
    needs_token: Callable[[str], bool]
    bucket_without: Callable[[Scope], str | None]
    no_token: Callable[[], ApiError]
    unknown_token: Callable[[], ApiError]
    unavailable: Callable[[], ApiError]
    instead: str


class Door:
    """Asks for a token where one is needed.

    Parameters
    ----------
    inner : ASGI application
    rules : HouseRules
    limits : RateLimits
    """

    def __init__(self, inner: ASGIApp, rules: HouseRules, limits: RateLimits) -> None:
        self._inner = inner
        self._rules = rules
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, with its caller in the state, or refuse it."""
        if scope["type"] == "http":
            try:
                await self._admit(scope)
            except ApiError as error:
                request_id = scope.get("state", {}).get("request_id", "")
                await problem_response(error, request_id)(scope, receive, send)
                return
        await self._inner(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if header[: len(SCHEME)].lower() != SCHEME:
            self._without(scope, self._rules.no_token)
            return
        try:
            found = await self._rules.find(header[len(SCHEME) :].strip().decode("latin-1"))
        except SQLAlchemyError:
            raise self._rules.unavailable() from None
        if found is None:
            self._without(scope, self._rules.unknown_token)
            return
        self._refuse_too_many(found.name)
        state = scope.setdefault("state", {})
        state["caller"], state["key"] = found, found.name

    def _without(self, scope: Scope, problem: Callable[[], ApiError]) -> None:
        bucket = self._rules.bucket_without(scope)
        if bucket is not None:
            self._refuse_too_many(bucket)
        if self._rules.needs_token(scope["path"]):
            raise problem()

    def _refuse_too_many(self, name: str) -> None:
        wait = self._limits.take(name)
        if wait:
            raise too_many(wait, self._rules.instead)


def too_many(seconds: float, instead: str) -> ApiError:
    """Return the problem of somebody who asks too much."""
    return ApiError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-requests",
        "Too many requests",
        f"Wait as long as Retry-After says{instead}.",
        headers={"Retry-After": str(math.ceil(seconds))},
    )
