from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import numpy.typing as npt
import pytest
from cryptography.hazmat.primitives import serialization
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from client.session.app import SessionClientApp
from server.enrolment.certificates import create_authority, create_server_identity
from server.session.grid import SessionGrid
from server.session.listener import Endpoint
from shared.processes import free_port
from shared.session.settings import SessionSettings
from tests.integration.session.hospitals import Exchange


def adding_app() -> ClientApp:
    """Adds one to every number, and counts how often it was asked."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        asked = int(context.state.metric_records.get("asked", MetricRecord({"n": 0}))["n"]) + 1
        context.state["asked"] = MetricRecord({"n": asked})
        values = message.content["arrays"]["values"].numpy() + 1
        content = RecordDict(
            {
                "arrays": ArrayRecord({"values": Array(values)}),
                "metrics": MetricRecord({"num-examples": 10, "asked": asked}),
            }
        )
        return Message(content, reply_to=message)

    @app.query("slow")
    def slow(message: Message, context: Context) -> Message:
        time.sleep(float(message.content["wait"]["seconds"]))
        return train(message, context)

    @app.query("raise")
    def fail(message: Message, context: Context) -> Message:
        raise ValueError("the patient is called Ana")

    @app.query("die")
    def die(message: Message, context: Context) -> Message:
        raise SystemExit(9)

    @app.query("large")
    def large(message: Message, context: Context) -> Message:
        return Message(question(1, count=1_000_000).content, reply_to=message)

    @app.query("echo")
    def echo(message: Message, context: Context) -> Message:
        return Message(message.content, reply_to=message)

    return app


def question(node: int, count: int = 1000, kind: str = "train", **wait: float) -> Message:
    weights = np.random.default_rng(1).normal(size=count).astype(np.float32)
    arrays = ArrayRecord({"values": Array(weights)})
    content = RecordDict({"arrays": arrays})
    if wait:
        content["wait"] = MetricRecord(dict(wait))
    return Message(content, node, kind)


def values(message: Message) -> npt.NDArray[np.float32]:
    return message.content["arrays"]["values"].numpy()


@pytest.fixture(scope="session")
def endpoint_files() -> tuple[bytes, bytes, bytes]:
    authority = create_authority("test")
    server = create_server_identity(authority, "localhost")
    pem = serialization.Encoding.PEM
    key = server.key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (
        server.certificate.public_bytes(pem),
        key,
        authority.certificate.public_bytes(pem),
    )


OpenSession = Callable[..., tuple[SessionGrid, Exchange]]


@pytest.fixture
def open_session(endpoint_files: tuple[bytes, bytes, bytes]) -> Iterator[OpenSession]:
    """Open a session with hospitals 1 to `count`."""
    with ExitStack() as stack:

        def start(
            count: int = 3,
            apps: dict[int, ClientApp] | None = None,
            address: str = "",
            join_timeout: float = 10,
            port: int = 0,
            certificate: tuple[bytes, bytes] | None = None,
            watch: Callable[[Message], object] | None = None,
            sent: Callable[[], object] | None = None,
            ended: Callable[[], set[int]] = set,
            **settings: object,
        ) -> tuple[SessionGrid, Exchange]:
            own, own_key, authority = endpoint_files
            shown, key = certificate or (own, own_key)
            port = port or free_port()
            chosen = apps or {node: SessionClientApp(adding_app()) for node in range(1, count + 1)}
            exchange = Exchange(chosen)
            stack.callback(exchange.close)
            if watch is not None:
                exchange.watch = watch
            if sent is not None:
                exchange.sent = sent
            listen = f"127.0.0.1:{port}"
            endpoint = Endpoint(listen, address or listen, shown, key, authority)
            options = SessionSettings.model_validate(
                {"connect_timeout": 3, "reconnect_timeout": 20, **settings}
            )
            grid = SessionGrid(exchange, endpoint, options, join_timeout, ended)
            stack.callback(grid.close)
            grid.gather()
            return grid, exchange

        yield start
