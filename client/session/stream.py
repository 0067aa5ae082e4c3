"""The hospital's stream to the coordinator, opened again whenever it breaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import secrets
import time
from collections.abc import Iterator
from typing import Any, TypeAlias

import grpc
from flwr.app import Error
from grpc.aio import EOF

from client.session.questions import Questions, Received
from shared.errors import ConnectionRefusedByPeerError, JuntosError
from shared.questions import REFUSED
from shared.session import event_loop
from shared.session.invitation import PROTOCOL, Invitation
from shared.session.messages import error_bytes
from shared.session.parts import MAXIMUM_FRAME_BYTES, Assembly, CutContent
from shared.session.session_pb2 import FromHospital, Hello, Part
from shared.session.session_pb2_grpc import SessionStub

# grpcio ships no types.
Call: TypeAlias = Any

log = logging.getLogger("juntos.node")

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
ATTEMPT_SECONDS = 15.0

_OPTIONS = [
    ("grpc.max_receive_message_length", MAXIMUM_FRAME_BYTES),
    ("grpc.max_send_message_length", MAXIMUM_FRAME_BYTES),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # A new attempt must not be answered with the failure of the last one.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]
_REFUSED = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNIMPLEMENTED,
)


class Stream:
    """Keeps a stream open on the event loop while questions are answered in another thread.

    Parameters
    ----------
    questions : Questions
        Receives what arrives; its `end` is called when the session is over.
    """

    def __init__(self, invitation: Invitation, questions: Questions) -> None:
        self._invitation = invitation
        self._questions = questions
        self._secret = secrets.token_urlsafe(32)
        self._outgoing: asyncio.Queue[Iterator[FromHospital]] = asyncio.Queue()
        self._welcomed_at = -math.inf
        self._goodbye = False
        self._answer_limit = 0
        self._failure: JuntosError | None = None
        self._running = event_loop.start(self._serve())

    def close(self) -> None:
        """End the session.

        Raises
        ------
        ConnectionRefusedByPeerError
            When it ended because no stream could be opened.
        """
        self._running.cancel()
        if self._failure is not None:
            raise self._failure

    @property
    def answer_limit(self) -> int:
        """Bytes an answer may have."""
        return self._answer_limit

    def send(self, message_id: str, answer: CutContent) -> None:
        """Send an answer; when the stream breaks it is sent again on the next one."""
        event_loop.soon(lambda: self._outgoing.put_nowait(_frames(message_id, answer)))

    async def _serve(self) -> None:
        try:
            await self._keep_open()
        finally:
            self._questions.end()

    async def _keep_open(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        give_up = time.monotonic() + self._invitation.connect_seconds
        while True:
            begun = time.monotonic()
            error = await self._attend(min(give_up - begun, ATTEMPT_SECONDS))
            if self._goodbye:
                return
            if self._welcomed_at >= begun:
                pause = FIRST_PAUSE_SECONDS
                give_up = time.monotonic() + self._invitation.reconnect_seconds
                log.warning("the stream to the coordinator broke; opening it again")
            if error.code() in _REFUSED or time.monotonic() + pause > give_up:
                self._failure = ConnectionRefusedByPeerError(reason_of(error))
                return
            # Hospitals that lost the coordinator together must not come back together.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _attend(self, patience: float) -> grpc.RpcError:
        """Open a stream and serve it until it ends; return how it ended.

        Parameters
        ----------
        patience : float
            Seconds to wait for the coordinator's welcome.
        """
        self._outgoing = asyncio.Queue()
        credentials = grpc.ssl_channel_credentials(self._invitation.authority.encode("ascii"))
        address = self._invitation.address
        async with grpc.aio.secure_channel(address, credentials, _OPTIONS) as channel:
            stub = SessionStub(channel)  # type: ignore[no-untyped-call]
            call = stub.Attend()
            # A handshake that hangs is nobody's error, and would last.
            patience_ended = asyncio.Event()

            def give_up() -> None:
                patience_ended.set()
                call.cancel()

            self._patience = asyncio.get_running_loop().call_later(max(patience, 1.0), give_up)
            sending = asyncio.create_task(self._send(call))
            try:
                await self._receive(call)
            except grpc.RpcError as error:
                return error
            except asyncio.CancelledError:
                # Ours when patience ended; else the session is being closed.
                if not patience_ended.is_set():
                    raise
            finally:
                self._patience.cancel()
                sending.cancel()
                call.cancel()
        return _EndedError()

    async def _send(self, call: Call) -> None:
        # A broken stream is the receiving side's to notice.
        with contextlib.suppress(grpc.RpcError, asyncio.InvalidStateError):
            await call.write(FromHospital(hello=self._hello()))
            while True:
                for frame in await self._outgoing.get():
                    await call.write(frame)

    def _hello(self) -> Hello:
        return Hello(
            protocol=PROTOCOL,
            node=self._invitation.node,
            token=self._invitation.token,
            secret=self._secret,
            held=self._questions.held(),
        )

    async def _receive(self, call: Call) -> None:
        assembly = Assembly(self._invitation.maximum_message_bytes)
        while (frame := await call.read()) is not EOF:
            kind = frame.WhichOneof("frame")
            if kind == "question":
                self._take(frame.question, assembly)
            elif kind in ("stored", "withdrawn"):
                self._questions.forget(getattr(frame, kind).message_id)
            elif kind == "welcome":
                self._welcomed(frame.welcome.maximum_message_bytes)
            elif kind == "goodbye":
                self._goodbye = True
                return
        code = await call.code()
        raise _EndedError(code, await call.details())

    def _welcomed(self, limit: int) -> None:
        self._patience.cancel()
        self._welcomed_at, self._answer_limit = time.monotonic(), limit
        log.info("the stream to the coordinator is open")
        for message_id, answer in self._questions.unsent().items():
            self._outgoing.put_nowait(_frames(message_id, answer))

    def _take(self, part: Part, assembly: Assembly) -> None:
        deadline = time.monotonic() + part.seconds_left
        for stored in part.stored:
            self._questions.forget(stored)
        try:
            whole = assembly.add(part)
        except JuntosError as error:
            log.warning("a question was refused: %s", error)
            self._refuse(part.message_id, error)
            return
        if whole is not None:
            known = self._questions.add(Received(whole[0], whole[1], deadline))
            if known is not None:
                self._outgoing.put_nowait(_frames(whole[0], known))

    def _refuse(self, message_id: str, error: JuntosError) -> None:
        refusal = error_bytes(Error(REFUSED, f"the hospital refused {error.what}"))
        answer = CutContent(refusal, compress=False)
        self._questions.keep(message_id, answer)
        self._outgoing.put_nowait(_frames(message_id, answer))


def _frames(message_id: str, answer: CutContent) -> Iterator[FromHospital]:
    for part in answer.parts(message_id, b""):
        yield FromHospital(answer=part)


class _EndedError(grpc.RpcError):  # type: ignore[misc]
    """The stream ended without an error of its own."""

    def __init__(
        self, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE, details: str = "no answer"
    ) -> None:
        super().__init__()
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


def reason_of(error: grpc.RpcError) -> str:
    """Say in words why no stream could be opened."""
    details = str(error.details())
    if "CERTIFICATE_VERIFY_FAILED" in details or "certificate" in details.lower():
        return "the session's certificate is not of this federation"
    if error.code() in _REFUSED:
        return f"the coordinator refused the stream: {details}"
    return f"no stream to the coordinator could be opened ({error.code().name.lower()})"
