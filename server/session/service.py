"""The session's gRPC service: who may open a stream, and what flows on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
from grpc.aio import EOF

from server.session.attendee import Attendee, RefusedStreamError
from server.session.traffic import Traffic
from shared.session.invitation import PROTOCOL
from shared.session.session_pb2 import FromCoordinator, Hello, Welcome
from shared.session.session_pb2_grpc import SessionServicer

log = logging.getLogger("juntos.coordinator")

# A stream that has not said who it is by then is a stranger's.
HELLO_SECONDS = 10.0

# grpcio ships no types.
Context: TypeAlias = Any


class SessionService(SessionServicer):
    """Serves the streams of all invited hospitals.

    Parameters
    ----------
    attendees : dict of int to Attendee
        By node; only these may open a stream.
    changed : callable
        Called when a hospital's stream has opened or ended.
    """

    def __init__(
        self,
        attendees: dict[int, Attendee],
        limit: int,
        traffic: Traffic,
        changed: Callable[[int], None],
    ) -> None:
        self._traffic = traffic
        self._attendees = attendees
        self._limit = limit
        self._changed = changed

    async def Attend(self, _requests: object, context: Context) -> None:  # noqa: N802 - as defined
        """Serve one stream until it breaks or another replaces it."""
        stream = _current_task()
        attendee = await self._admitted(context, stream)
        try:
            await context.write(FromCoordinator(welcome=Welcome(maximum_message_bytes=self._limit)))
            self._changed(attendee.node)
            await self._serve(attendee, context, stream)
        finally:
            attendee.leave(stream)
            self._changed(attendee.node)

    async def _serve(
        self, attendee: Attendee, context: Context, stream: asyncio.Task[None]
    ) -> None:
        sending = asyncio.create_task(self._send(attendee, context))
        # A stream that can no longer be written to is over, whatever may still be read.
        sending.add_done_callback(lambda _: stream.cancel())
        try:
            await self._receive(attendee, context)
        finally:
            sending.cancel()

    async def _admitted(self, context: Context, stream: asyncio.Task[None]) -> Attendee:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                first = await context.read()
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "no hello")
        if first is EOF or first.WhichOneof("frame") != "hello":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a stream begins with hello")
        hello: Hello = first.hello
        if hello.protocol != PROTOCOL:
            text = f"this session has protocol {PROTOCOL}"
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
        attendee = self._attendees.get(hello.node)
        try:
            if attendee is None:
                raise RefusedStreamError("this node was not invited")
            attendee.admit(hello, stream)
        except RefusedStreamError as error:
            log.warning("a stream for node %s was refused: %s", hello.node, error.what)
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, error.what)
            raise
        return attendee

    async def _send(self, attendee: Attendee, context: Context) -> None:
        while True:
            for frame in await attendee.next_frames():
                await context.write(frame)
                self._traffic.sent += frame.ByteSize()

    async def _receive(self, attendee: Attendee, context: Context) -> None:
        while (frame := await context.read()) is not EOF:
            self._traffic.received += frame.ByteSize()
            if frame.WhichOneof("frame") == "answer":
                attendee.take(frame.answer)


def _current_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("gRPC serves each stream in a task of its own")
    return task
