"""A Prometheus that scrapes what the roles tell, for tests of what is asked of it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml

from shared.processes import free_port, wait_until


@contextmanager
def told(figures: Callable[[], str]) -> Iterator[int]:
    """Tell figures at /metrics of a port, asked anew each time."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = figures().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Prometheus:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return what a query gives now; a wrong one fails the test."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=10).json()
        assert answer["status"] == "success", (query, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=2).is_success
        except httpx.TransportError:
            return False

    def scraped(self, job: str, times: int) -> bool:
        found = self.ask(f'count_over_time(up{{job="{job}"}}[5m])')
        return bool(found) and int(found[0]["value"][1]) >= times


@contextmanager
def prometheus(folder: Path, jobs: Mapping[str, int]) -> Iterator[Prometheus]:
    """Run one that scrapes each job's port of this machine every second."""
    scraped = [
        {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        for job, port in jobs.items()
    ]
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": scraped}
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'figures'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    server = Prometheus(port)
    process = subprocess.Popen(command)
    try:
        assert wait_until(server.answers, 60)
        yield server
    finally:
        process.terminate()
        process.wait(30)
