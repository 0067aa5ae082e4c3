"""The session's server: where it listens, and how it proves who it is."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from server.session.service import SessionService
from shared.errors import SettingsError
from shared.session import event_loop
from shared.session.parts import MAXIMUM_FRAME_BYTES
from shared.session.session_pb2_grpc import add_SessionServicer_to_server

MAXIMUM_STREAMS = 2_000
START_SECONDS = 30.0
GOODBYE_SECONDS = 2.0
STOP_SECONDS = 10.0

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

    def __init__(self, endpoint: Endpoint, service: SessionService) -> None:
        self._endpoint = endpoint
        self._service = service
        self._server: grpc.aio.Server | None = None

    def start(self) -> None:
        """Listen.

        Raises
        ------
        SettingsError
            When the address cannot be bound.
        """
        self._server = event_loop.start(self._open()).result(START_SECONDS)

    def close(self) -> None:
        """End every stream and stop listening."""
        if self._server is not None:
            event_loop.start(self._server.stop(GOODBYE_SECONDS)).result(STOP_SECONDS)
            self._server = None

    async def _open(self) -> grpc.aio.Server:
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=MAXIMUM_STREAMS)
        add_SessionServicer_to_server(self._service, server)  # type: ignore[no-untyped-call]
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
