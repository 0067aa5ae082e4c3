"""The way from a hospital's SuperNode to the SuperLink, through the door, and no other."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from server.fleet_authentication import Members

# What an authenticated SuperNode asks. Registering itself is not part of it: hospitals join with
# a kit.
FLEET_CALLS = frozenset(
    {
        "activate-node",
        "confirm-message-received",
        "deactivate-node",
        "get-fab",
        "get-run",
        "pull-messages",
        "pull-object",
        "push-messages",
        "push-object",
        "send-node-heartbeat",
    }
)
# Flower cuts arrays into objects of 5 MiB; other records, such as a JSON answer, go in one piece.
MAXIMUM_BODY = 256 * 1024 * 1024
# Enough for a stranger to be told by the SuperLink that it does not know him.
MAXIMUM_STRANGER_BODY = 16 * 1024
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class FleetForwarder:
    """Passes fleet calls on to the SuperLink, bodies streamed both ways.

    Parameters
    ----------
    client : httpx.AsyncClient
        With the SuperLink as its base URL.
    members : Members
        Whose large requests are let through.
    """

    def __init__(self, client: httpx.AsyncClient, members: Members) -> None:
        self._client = client
        self._members = members

    async def forward(self, call: str, request: Request) -> Response:
        """Answer a request to ``/v1/fleet/CALL`` with the SuperLink's answer."""
        if call not in FLEET_CALLS:
            raise HTTPException(404)
        member = await run_in_threadpool(self._members.signed, request.headers)
        maximum = MAXIMUM_BODY if member else MAXIMUM_STRANGER_BODY
        outgoing = self._client.build_request(
            request.method,
            f"/v1/fleet/{call}",
            headers=end_to_end(request.headers.items()),
            content=limited(request, maximum),
        )
        try:
            incoming = await self._client.send(outgoing, stream=True)
        except ClientDisconnect:
            return Response(status_code=400)
        except httpx.TimeoutException:
            raise HTTPException(504, "The SuperLink did not answer in time.") from None
        except httpx.TransportError:
            raise HTTPException(502, "The SuperLink cannot be reached.") from None
        return StreamingResponse(
            passed_on(incoming),
            incoming.status_code,
            headers=dict(end_to_end(incoming.headers.multi_items())),
        )


def create_client(address: str, authority_certificate: str) -> httpx.AsyncClient:
    """Make the client for the SuperLink at ``HOST:PORT``."""
    return httpx.AsyncClient(
        base_url=f"https://{address}",
        verify=ssl.create_default_context(cadata=authority_certificate),
        # A proxy of the environment must never see what goes to loopback.
        trust_env=False,
        timeout=httpx.Timeout(300.0, connect=5.0, pool=30.0),
        limits=httpx.Limits(max_connections=256, max_keepalive_connections=64),
    )


def end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers that are not about this one connection."""
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


async def limited(request: Request, maximum: int) -> AsyncIterator[bytes]:
    """Yield a request's body, up to `maximum` bytes."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > maximum:
            raise HTTPException(413)
        yield chunk


async def passed_on(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield an answer's body as it was sent, still compressed where it is."""
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    finally:
        await response.aclose()
