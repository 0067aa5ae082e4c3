"""What every request passes: its id, its size, the headers of its answer and a line of the log."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import ApiError, plain_problem, problem_response

log = logging.getLogger("juntos.api")
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# Version, trace, parent and flags (W3C Trace Context, section 3.2).
TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# Name in small letters, and value, as ASGI has them.
RawHeader = tuple[bytes, bytes]
_REQUEST_ID, _LENGTH, _TRACE = b"x-request-id", b"content-length", b"traceparent"
_READ = frozenset({_REQUEST_ID, _LENGTH, _TRACE})


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, without anything of a patient.

    Attributes
    ----------
    method : str
    route : str
        As it is declared, ``/v1/predictions/{prediction}``; empty where there is none.
    status : int
    seconds : float
    request_id, key : str
        `key` is the name of the API key; empty without one.
    received, sent : int
        Bytes of the bodies.
    """

    method: str
    route: str
    status: int
    seconds: float
    request_id: str
    key: str
    received: int
    sent: int


Observer = Callable[[Exchange], None]
# The largest body of a path, in bytes.
Largest = Callable[[str], int]


class Frame:
    """The outermost layer of the application.

    Parameters
    ----------
    inner : ASGI application
    largest : callable
    observers : sequence of callable
        Get every exchange once it is over.
    headers : mapping of str to str
        Of each answer that does not say otherwise.
    """

    def __init__(
        self,
        inner: ASGIApp,
        largest: Largest,
        observers: Sequence[Observer],
        headers: Mapping[str, str],
    ) -> None:
        self._inner = inner
        self._largest = largest
        self._observers = observers
        self._headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        passage = _Passage(scope, receive, send, self._largest(scope["path"]), self._headers)
        try:
            await passage.run(self._inner)
        finally:
            exchange = passage.exchange()
            for observe in self._observers:
                observe(exchange)


class _Passage:
    """One request on its way through."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        largest: int,
        added: Sequence[RawHeader],
    ) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._largest = largest
        self._added = added
        self._headers = {
            name: value.decode("latin-1") for name, value in scope["headers"] if name in _READ
        }
        self._begun = time.perf_counter()
        self._status = 0
        self._received = self._sent = 0
        given = self._headers.get(_REQUEST_ID, "")
        self.request_id = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def run(self, inner: ASGIApp) -> None:
        """Let the application answer, unless the body is too large."""
        length = self._headers.get(_LENGTH, "")
        if length and not (length.isdecimal() and int(length) <= self._largest):
            await self._refuse(too_large(self._largest))
            return
        try:
            await inner(self._scope, self.receive, self.send)
        except Exception as error:
            # Neither what it says nor its traceback is written: both may hold a patient's values.
            log.error("failed: %s", _where(error))
            if self._status:
                raise ConnectionAbortedError from None
            await self._refuse(plain_problem(HTTPStatus.INTERNAL_SERVER_ERROR))

    async def _refuse(self, error: ApiError) -> None:
        response = problem_response(error, self.request_id)
        await response(self._scope, self._receive, self.send)

    async def receive(self) -> Message:
        """Count what comes in."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._largest:
                raise too_large(self._largest)
        return message

    async def send(self, message: Message) -> None:
        """Add the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
            message["headers"] = self._with_own(message.get("headers", ()))
        else:
            self._sent += len(message.get("body", b""))
        await self._send(message)

    def _with_own(self, headers: Iterable[RawHeader]) -> list[RawHeader]:
        found = [each for each in headers if each[0] != _REQUEST_ID]
        found.append((_REQUEST_ID, self.request_id.encode("latin-1")))
        trace = self._headers.get(_TRACE, "")
        if TRACEPARENT.fullmatch(trace):
            found.append((_TRACE, trace.encode("latin-1")))
        names = {name for name, _ in found}
        return found + [each for each in self._added if each[0] not in names]

    def exchange(self) -> Exchange:
        """Return what is known once the request is over."""
        route = self._scope.get("route")
        return Exchange(
            method=self._scope["method"],
            route=getattr(route, "path", ""),
            status=self._status or HTTPStatus.INTERNAL_SERVER_ERROR,
            seconds=time.perf_counter() - self._begun,
            request_id=self.request_id,
            key=self._scope["state"].get("key", ""),
            received=self._received,
            sent=self._sent,
        )


def too_large(largest: int) -> ApiError:
    """Return the problem of a body that is too large."""
    return ApiError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        "The request is too large",
        f"This address takes bodies of at most {largest} bytes.",
        "Send several smaller requests.",
        # What is left of the body is not read.
        headers={"Connection": "close"},
    )


def _where(error: BaseException) -> str:
    """Return the kind of an error and the line that it comes from."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = "" if last is None else f" at {last.tb_frame.f_code.co_name}:{last.tb_lineno}"
    return type(error).__name__ + place
