"""Requests with an ``Idempotency-Key``: sent twice, they are done once and answered the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from server.api.caller import Caller, no_token
from server.database import api_requests as requests
from shared.http.repeating import key_reused, still_in_work

HEADER = "Idempotency-Key"
REPEATED = "Idempotency-Replayed"
# For so long nobody else does what a request asks for, even if its process was killed.
LONGEST_WORK = timedelta(minutes=5)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def idempotency_key(
    _key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            min_length=1,
            max_length=255,
            pattern=r"^[!-~]+$",
            description="Sent again with the same key, the request is answered and not done again.",
        ),
    ] = None,
) -> None:
    """Describe the header; `RepeatableRoute` reads it."""


@dataclass(frozen=True)
class Given:
    """An answer that was given before."""

    status: int
    body: str


class RepeatableRequests:
    """Remembers what requests with a key were answered, where they did something.

    What was refused changed nothing, so it is looked at anew.

    Parameters
    ----------
    engine : Engine
        Of the coordinator's database.
    valid : timedelta
    """

    def __init__(self, engine: Engine, valid: timedelta) -> None:
        self._engine, self._valid = engine, valid

    def claim(self, caller: str, key: str, body: bytes) -> Given | None:
        """Return what a request was answered before; None where it is to be done now.

        Raises
        ------
        ApiError
            409 when the key was used for another request, or the first is not over.
        """
        name, digest, time = (caller, _digest(key.encode())), _digest(body), datetime.now(UTC)
        row = {
            "caller": name[0],
            "key_digest": name[1],
            "body_digest": digest,
            "expires_at": _text(time + LONGEST_WORK),
        }
        try:
            with self._engine.begin() as connection:
                over = delete(requests).where(requests.c.expires_at <= _text(time))
                connection.execute(over)
                connection.execute(insert(requests).values(**row))
        except IntegrityError:
            return self._given(name, digest)
        return None

    def keep(self, caller: str, key: str, given: Given) -> None:
        """Keep the answer to a request that was claimed."""
        until = _text(datetime.now(UTC) + self._valid)
        values = {"status": given.status, "answer": given.body, "expires_at": until}
        with self._engine.begin() as connection:
            connection.execute(update(requests).where(_of(caller, key)).values(**values))

    def let_go(self, caller: str, key: str) -> None:
        """Let a request be done anew, because it was refused."""
        with self._engine.begin() as connection:
            connection.execute(delete(requests).where(_of(caller, key)))

    def _given(self, name: tuple[str, str], digest: str) -> Given:
        wanted = (requests.c.caller == name[0]) & (requests.c.key_digest == name[1])
        with self._engine.connect() as connection:
            found = connection.execute(select(requests).where(wanted)).one_or_none()
        if found is None or found.status is None:
            raise still_in_work()
        if found.body_digest != digest:
            raise key_reused()
        return Given(found.status, found.answer)


class RepeatableRoute(APIRoute):
    """A route that answers a request with a known key as it did before."""

    def get_route_handler(self) -> Handler:
        """Return what answers."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            key = request.headers.get(HEADER, "")
            if request.method != "POST" or not key:
                return await inner(request)
            caller: Caller | None = getattr(request.state, "caller", None)
            if caller is None:
                raise no_token()
            return await _once(inner, request, caller.name, key)

        return answer


async def _once(inner: Handler, request: Request, caller: str, key: str) -> Response:
    repeatable: RepeatableRequests = request.app.state.repeatable
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body = asked + await request.body()
    given = await run_in_threadpool(repeatable.claim, caller, key, body)
    if given is not None:
        headers = {REPEATED: "true"}
        return Response(given.body, given.status, headers, media_type="application/json")
    try:
        response = await inner(request)
        text = bytes(response.body).decode()
    except BaseException:
        await run_in_threadpool(repeatable.let_go, caller, key)
        raise
    await run_in_threadpool(repeatable.keep, caller, key, Given(response.status_code, text))
    return response


def _of(caller: str, key: str) -> Any:  # noqa: ANN401 - SQLAlchemy's own type is generic
    return (requests.c.caller == caller) & (requests.c.key_digest == _digest(key.encode()))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
