"""The coordinator's service with its real parts: killed, started again, ended together."""

from __future__ import annotations

import json
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from server.home import CoordinatorHome, create_home
from server.superlink import name_of
from shared.processes import free_port, wait_until
from tests.integration.federation_programs import Program, juntos

PARTS = {
    "superlink": "flower-superlink",
    "door": "server.service.door_process",
    "dispatcher": "server.service.dispatcher_process",
    "dashboard": "server.service.dashboard_process",
}
# On a machine that is busy with other tests.
SECONDS = 180


class Service:
    """A coordinator that serves."""

    def __init__(self, folder: Path) -> None:
        self.home: CoordinatorHome = create_home(
            folder, "test", f"127.0.0.1:{free_port()}", "heart_disease"
        )
        self.dashboard = free_port()
        with (folder / "coordinator.toml").open("a") as settings:
            # Not loopback alone: with the federation's certificate.
            settings.write(f'dashboard = "0.0.0.0:{self.dashboard}"\n')
        self.program = Program.start("coordinator", "serve", "--home", folder)
        assert "is ready at" in self.program.ready_line()
        assert "The dashboard is at https://" in self.program.ready_line()

    def status(self) -> dict[str, dict[str, Any]]:
        done = juntos("coordinator", "status", "--home", self.home.path, "--json")
        found: dict[str, dict[str, Any]] = json.loads(done.stdout)
        return found

    def process(self, part: str) -> psutil.Process | None:
        children = psutil.Process(self.program.process.pid).children()
        found = [each for each in children if PARTS[part] in name_of(each)]
        return found[0] if found else None

    def answers(self, url: str) -> bool:
        context = ssl.create_default_context(cafile=self.home.authority_certificate)
        try:
            return httpx.get(url, verify=context, timeout=10).status_code < 500
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    found = Service(tmp_path_factory.mktemp("service") / "coordinator")
    yield found
    found.program.end(signal.SIGTERM)


def test_all_parts_are_up(service: Service) -> None:
    lines = service.status()
    assert [lines[name]["state"] for name in ("service", *PARTS)] == ["ok"] * 5
    assert service.answers(f"https://{service.home.settings.address}/v1/status")
    assert service.answers(f"https://127.0.0.1:{service.dashboard}/")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{service.dashboard}/", timeout=10)


def test_a_folder_takes_one_service(service: Service) -> None:
    second = juntos("coordinator", "serve", "--home", service.home.path)
    assert second.returncode == 2
    assert "runs already" in second.stderr


def test_each_part_is_started_again(service: Service) -> None:
    killed = {name: service.process(name) for name in PARTS}
    for each in killed.values():
        assert each is not None
        each.kill()

    def replaced() -> bool:
        now = {name: service.process(name) for name in PARTS}
        return all(now[name] not in (None, killed[name]) for name in PARTS)

    assert wait_until(replaced, SECONDS)
    assert wait_until(lambda: all(service.status()[name]["up"] for name in PARTS), SECONDS, 1)
    lines = service.status()
    assert {lines[name]["restarts"] for name in PARTS} == {1}
    assert "killed by signal 9" in lines["superlink"]["text"]
    assert service.answers(f"https://{service.home.settings.address}/v1/status")


def test_sigterm_ends_everything(service: Service) -> None:
    assert service.program.end(signal.SIGTERM) == 0
    assert service.program.leaves_nothing()
    assert service.status()["service"]["running"] is False
