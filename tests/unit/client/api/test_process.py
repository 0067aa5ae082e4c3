"""The API as a process: it starts light, ends gracefully, and loses nothing when it is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import tomli_w

from client.api.keys.key_book import KeyBook
from client.audit import AuditQuery
from client.serving.services import open_services
from tests.unit.client.api.conftest import CASE

TRAINING = ["torch", "xgboost", "sklearn", "opacus", "flwr", "mlflow", "pandas"]


@dataclass
class Node:
    """A node whose API is a process."""

    home: Path
    port: int
    token: str

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "client.api", str(self.home)]
        with (self.home / "api.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            self.wait(process)
            yield process
        finally:
            process.kill()
            process.wait()

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(1200):
            assert process.poll() is None, (self.home / "api.log").read_text()
            try:
                if self.client().get("/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError("the API is not ready")

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def node(home: Path) -> Node:
    port = free_port()
    rate = {"per_second": 1e6, "burst": 1_000_000}
    (home / "api.toml").write_text(tomli_w.dumps({"port": port, "rate": rate}))
    services = open_services(home)
    token = KeyBook(services.audit.engine).add("load", ["predict"])
    services.close()
    return Node(home, port, token)


def ask_until_it_ends(node: Node, received: list[str]) -> None:
    with node.client() as client:
        while True:
            try:
                answer = client.post("/v1/predictions", json={"case": CASE, "patient": "7"})
            except httpx.HTTPError:
                return
            received.append(answer.json()["prediction_id"])


def test_what_was_answered_before_a_kill_is_written_down(node: Node) -> None:
    received: list[str] = []
    with node.running() as process:
        callers = [
            threading.Thread(target=ask_until_it_ends, args=(node, received)) for _ in range(4)
        ]
        for caller in callers:
            caller.start()
        while len(received) < 40:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        for caller in callers:
            caller.join()
    services = open_services(node.home)
    for each in received:
        assert services.audit.get(each) is not None
    assert services.audit.verify().entries >= len(received)
    services.close()


def test_a_file_goes_on_after_a_kill(node: Node) -> None:
    content = "\n".join(json.dumps({"case": {"age": 20 + each % 80}}) for each in range(700))
    kind = {"content-type": "application/x-ndjson"}
    with node.running() as process, node.client() as client:
        sent = client.post("/v1/batches", content=content, headers=kind)
        address = sent.headers["location"]
        while client.get(address).json()["answered"] < 100:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    with node.running(), node.client() as client:
        while client.get(address).json()["state"] != "finished":
            time.sleep(0.05)
        lines = client.get(f"{address}/results").text.splitlines()
    given = [json.loads(line)["prediction"]["prediction_id"] for line in lines]
    services = open_services(node.home)
    written = services.audit.find(AuditQuery(request=sent.json()["id"]), limit=1000)
    assert len(given) == len(set(given)) == len(written) == 700
    services.close()


def test_it_ends_gracefully_with_requests_under_way(node: Node) -> None:
    statuses: list[int] = []

    def ask() -> None:
        body = {"cases": [{"case": CASE}] * 300}
        with node.client() as client:
            statuses.append(client.post("/v1/predictions/batch", json=body).status_code)

    with node.running() as process:
        caller = threading.Thread(target=ask)
        caller.start()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        caller.join()
        assert process.wait(60) == 0
    assert statuses == [200]
    services = open_services(node.home)
    # The last entry binds the chain: the services were closed.
    assert services.audit.head() is not None
    services.close()


def test_a_body_that_does_not_end_is_cut_off(node: Node) -> None:
    with node.running(), socket.create_connection(("127.0.0.1", node.port)) as connection:
        head = (
            "POST /v1/predictions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {node.token}\r\n\r\n"
        )
        connection.sendall(head.encode())
        piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        connection.settimeout(30)
        answer = b""
        try:
            for _ in range(20):
                connection.sendall(piece)
            answer = connection.recv(4096)
        except ConnectionError:
            pass
        assert b" 413 " in answer.splitlines()[0]


def test_the_process_has_no_training_stack(node: Node) -> None:
    code = (
        "import sys; from pathlib import Path; from client.api.application import create_api;"
        "from client.serving.services import open_services;"
        f"services = open_services(Path({str(node.home)!r})); create_api(services);"
        f"print([name for name in {TRAINING} if name in sys.modules]); services.close()"
    )
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert found.stdout.strip() == "[]"
