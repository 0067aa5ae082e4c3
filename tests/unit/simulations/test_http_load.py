"""The load generator against a server that fails as told."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.processes import free_port
from simulations.benchmarks.http_load import Order, load


class Server(ThreadingHTTPServer):
    seen: list[str]
    fail_every: int = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append(json.loads(body))
        fails = self.server.fail_every and len(self.server.seen) % self.server.fail_every == 0
        self.send_response(500 if fails else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server(("127.0.0.1", 0), Handler)
    found.seen = []
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def order(port: int) -> Order:
    bodies = ['"first"', '"second"']
    return Order(port, "/", {"X": "y"}, bodies, connections=3, seconds=0.4, warm_up=0.1)


def test_all_answers_count_after_the_warm_up(server: Server) -> None:
    found = asyncio.run(load(order(server.server_address[1])))
    assert found.failed == 0
    assert 0 < found.requests < len(server.seen)
    assert set(server.seen) == {"first", "second"}
    assert found.p50_ms <= found.p99_ms


def test_other_answers_are_failures(server: Server) -> None:
    server.fail_every = 5
    found = asyncio.run(load(order(server.server_address[1])))
    assert found.failed == len(server.seen) // 5


def test_nobody_there_is_a_failure() -> None:
    found = asyncio.run(load(order(free_port())))
    assert found.requests == 0
    assert found.failed > 0
