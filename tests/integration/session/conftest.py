from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
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

    return app


def question(node: int, count: int = 1000, kind: str = "train", **wait: float) -> Message:
    arrays = ArrayRecord({"values": Array(np.zeros(count, dtype=np.float32))})
    content = RecordDict({"arrays": arrays})
    if wait:
        content["wait"] = MetricRecord(dict(wait))
    return Message(content, node, kind)


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
            **settings: object,
        ) -> tuple[SessionGrid, Exchange]:
            certificate, key, authority = endpoint_files
            port = free_port()
            chosen = apps or {
                node: SessionClientApp(adding_app()) for node in range(1, count + 1)
            }
            exchange = Exchange(chosen)
            stack.callback(exchange.close)
            listen = f"127.0.0.1:{port}"
            endpoint = Endpoint(listen, address or listen, certificate, key, authority)
            options = SessionSettings.model_validate(
                {"connect_timeout": 3, "reconnect_timeout": 20, **settings}
            )
            grid = SessionGrid(exchange, endpoint, options, join_timeout)
            stack.callback(grid.close)
            grid.gather()
            return grid, exchange

        yield start
