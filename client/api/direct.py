"""Addresses that are asked all day, answered without the framework's way to a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from client.api.failures import FAILURES, problem_of
from client.api.keys.door import no_key, wrong_role
from client.api.keys.key_book import ApiKey, Role
from client.api.problems import FieldError, invalid_request, plain_problem, problem_response

Answer = Callable[[Request], Awaitable[Response]]
AnyBody = TypeVar("AnyBody", bound=BaseModel)


@dataclass(frozen=True)
class Address:
    """One of them.

    Attributes
    ----------
    path : str
        As metrics and the log call it too.
    answer : callable
        Does all that the route of the same address does, which describes it.
    """

    path: str
    answer: Answer


class Direct:
    """Answers POST requests to some addresses itself, and lets all others pass.

    Resolving what a function wants, and what it needs on its way out, takes the framework longer
    than reading a case, answering it and encrypting the answer take together.

    Parameters
    ----------
    inner : ASGI application
    addresses : mapping of str to Address
        By path.
    """

    def __init__(self, inner: ASGIApp, addresses: Mapping[str, Address]) -> None:
        self._inner = inner
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        address = None
        if scope["type"] == "http" and scope["method"] == "POST":
            address = self._addresses.get(scope["path"])
        if address is None:
            await self._inner(scope, receive, send)
            return
        scope["route"] = address
        request = Request(scope, receive)
        try:
            response = await address.answer(request)
        except FAILURES as error:
            response = problem_response(problem_of(error), request.state.request_id)
        await response(scope, receive, send)


def caller_with(request: Request, role: Role) -> ApiKey:
    """Return the key that the door let in.

    Raises
    ------
    ApiError
        401 without a key, 403 with one that has not the role.
    """
    key: ApiKey | None = request.scope.get("state", {}).get("caller")
    if key is None:
        raise no_key()
    if role not in key.roles:
        raise wrong_role(key, role)
    return key


async def body_of(request: Request, kind: type[AnyBody]) -> AnyBody:
    """Read a request's body, with the words that any other address has for what is wrong.

    Raises
    ------
    ApiError
        When it is said to be no JSON, or did not come in whole.
    RequestValidationError
        When it is not of the kind.
    """
    try:
        content = await request.body()
    except ClientDisconnect:
        raise plain_problem(HTTPStatus.BAD_REQUEST) from None
    if not _is_json(request.headers.get("content-type", "")):
        wrong = FieldError("body", "", "Expected a JSON object.", "Send application/json.")
        raise invalid_request([wrong])
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in found]
        ) from None


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
