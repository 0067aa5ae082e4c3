"""Hospitals in network namespaces: real packets that are lost, delayed by queues, cut off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from flwr.app import Message

from server.enrolment.certificates import create_authority, create_server_identity
from server.session.grid import SessionGrid
from server.session.listener import Endpoint
from shared.processes import free_port
from shared.session.settings import SessionSettings
from tests.integration.session.conftest import question, values
from tests.integration.session.hospitals import Exchange
from tests.integration.session.namespaces import COORDINATOR, Namespace, RemoteApp, missing

REASON = missing()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)


class Remote:
    """A session with two hospitals that are elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.namespaces = [Namespace(), Namespace()]
        self.apps = {
            node: RemoteApp(namespace, folder)
            for node, namespace in enumerate(self.namespaces, start=1)
        }
        self.exchange = Exchange(dict(self.apps))
        self.grid: SessionGrid | None = None

    def open(self) -> SessionGrid:
        authority = create_authority("test")
        pem = serialization.Encoding.PEM
        # The same address at the end of both cables, so that one certificate fits.
        server = create_server_identity(authority, COORDINATOR)
        key = server.key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        listen = f"0.0.0.0:{free_port()}"
        endpoint = Endpoint(
            listen,
            listen,
            server.certificate.public_bytes(pem),
            key,
            authority.certificate.public_bytes(pem),
        )
        settings = SessionSettings(connect_timeout=20, reconnect_timeout=30)
        self.grid = SessionGrid(self.exchange, endpoint, settings, 60)
        self.grid.gather()
        return self.grid

    def ask(self, timeout: float, kind: str = "train", **wait: float) -> dict[int, Message]:
        assert self.grid is not None
        messages = [question(node, 100_000, kind, **wait) for node in self.apps]
        replies = self.grid.send_and_receive(messages, timeout=timeout)
        return {reply.metadata.src_node_id: reply for reply in replies}

    def close(self) -> None:
        if self.grid is not None:
            self.grid.close()
        for app in self.apps.values():
            if app.process is not None:
                app.process.kill()
        self.exchange.close()
        for namespace in self.namespaces:
            namespace.close()


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    found = Remote(tmp_path)
    try:
        yield found
    finally:
        found.close()


def asked(replies: dict[int, Message]) -> list[object]:
    return [replies[node].content["metrics"]["asked"] for node in sorted(replies)]


def test_2_percent_loss_on_a_narrow_line(remote: Remote) -> None:
    for namespace in remote.namespaces:
        namespace.lose(0.02)
        namespace.narrow("20mbit")
    remote.open()
    for number in (1, 2, 3):
        replies = remote.ask(60)
        assert asked(replies) == [number, number]
        expected = values(question(1, 100_000)) + 1
        np.testing.assert_array_equal(values(replies[2]), expected)


def test_a_cable_that_is_out_for_10_seconds(remote: Remote) -> None:
    remote.open()

    def cut() -> None:
        time.sleep(0.5)
        remote.namespaces[1].cut()
        time.sleep(10)
        remote.namespaces[1].mend()

    threading.Thread(target=cut).start()
    assert asked(remote.ask(60, "query.slow", seconds=1.0)) == [1, 1]
    assert asked(remote.ask(60)) == [2, 2]
    assert remote.exchange.carried == ["query.session"] * 2


def test_a_hospital_whose_cable_stays_out_ends_with_its_name(remote: Remote) -> None:
    grid = remote.open()
    remote.namespaces[1].cut()
    begun = time.monotonic()
    replies = remote.ask(5)
    assert time.monotonic() - begun < 7
    assert sorted(replies) == [1]
    # The keep-alive finds out; until then the hospital counts as present.
    deadline = time.monotonic() + 40
    while sorted(grid.get_node_ids()) != [1] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert sorted(grid.get_node_ids()) == [1]


def test_a_killed_process_is_named_and_started_again(remote: Remote) -> None:
    grid = remote.open()

    def kill() -> None:
        time.sleep(0.5)
        process = remote.apps[2].process
        assert process is not None
        process.kill()

    threading.Thread(target=kill).start()
    replies = remote.ask(60, "query.slow", seconds=2.0)
    assert not replies[1].has_error()
    assert replies[2].has_error()
    deadline = time.monotonic() + 30
    while sorted(grid.get_node_ids()) != [1, 2] and time.monotonic() < deadline:
        time.sleep(0.2)
    # The first goes on counting, the second is a new process.
    assert asked(remote.ask(30)) == [2, 1]
