"""The session's server: an event loop of its own in a thread, with the gRPC service on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

import grpc

from server.session.service import SessionService
from shared.errors import SettingsError
from shared.session.parts import MAXIMUM_FRAME_BYTES
from shared.session.session_pb2_grpc import add_SessionServicer_to_server

MAXIMUM_STREAMS = 2_000
START_SECONDS = 30.0
GOODBYE_SECONDS = 2.0
STOP_SECONDS = 10.0

Result = TypeVar("Result")

_OPTIONS = [
    ("grpc.max_receive_message_length", MAXIMUM_FRAME_BYTES),
    ("grpc.max_send_message_length", MAXIMUM_FRAME_BYTES),
    # A cut cable sends no farewell: ask every few seconds whether the hospital is still there.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),
    # Strangers who never finish their handshake.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.so_reuseport", 0),
]


@dataclass(frozen=True)
class Endpoint:
    """Where the session listens, and how it proves who it is.

    Attributes
    ----------
    listen : str
        ``HOST:PORT`` to bind.
    address : str
        ``HOST:PORT`` under which hospitals reach it.
    certificate, key, authority : bytes
        PEM of the federation's server certificate, its key, and who vouches for it.
    """

    listen: str
    address: str
    certificate: bytes
    key: bytes
    authority: bytes


class SessionListener:
    """Runs the service until closed."""

    def __init__(self, endpoint: Endpoint, service: Callable[[], SessionService]) -> None:
        self._endpoint = endpoint
        self._service = service
        self._loop = asyncio.new_event_loop()
        self._started: Future[None] = Future()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        """Listen.

        Raises
        ------
        SettingsError
            When the address cannot be bound.
        """
        self._thread.start()
        self._started.result(START_SECONDS)

    def close(self) -> None:
        """End every stream and stop listening."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(STOP_SECONDS)

    def soon(self, action: Callable[[], None]) -> None:
        """Run something on the event loop's thread, without waiting for it."""
        self._loop.call_soon_threadsafe(action)

    def do(self, action: Callable[[], Result]) -> Result:
        """Run something on the event loop's thread, where the attendees live."""
        future: Future[Result] = Future()

        def run() -> None:
            try:
                future.set_result(action())
            except BaseException as error:
                future.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return future.result(STOP_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        try:
            server = await self._open()
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(None)
        await self._stop.wait()
        await server.stop(GOODBYE_SECONDS)

    async def _open(self) -> grpc.aio.Server:
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=MAXIMUM_STREAMS)
        add_SessionServicer_to_server(self._service(), server)  # type: ignore[no-untyped-call]
        credentials = grpc.ssl_server_credentials(
            [(self._endpoint.key, self._endpoint.certificate)]
        )
        try:
            server.add_secure_port(self._endpoint.listen, credentials)
        except RuntimeError:
            raise SettingsError(
                f"The session cannot listen on {self._endpoint.listen}.",
                "Stop the program that uses the port, or change session_listen in "
                "coordinator.toml.",
            ) from None
        await server.start()
        return server
