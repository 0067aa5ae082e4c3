"""The API as processes that the service starts, watches and ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest
import tomli_w

from client.api.keys.key_book import KeyBook
from client.home import open_home
from client.service.api_part import MODULE, ApiPart
from client.service.own_log import OwnLog
from client.service.settings import ServiceSettings
from client.serving.services import open_services
from shared.contract import Contract
from shared.processes import ChildProcess, free_port, wait_until
from shared.supervision.backoff import Backoff
from tests.unit.client.api.conftest import CASE

TRAINING_STACK = ["torch", "xgboost", "flwr", "opacus", "sklearn", "mlflow", "imblearn"]
PATIENCE = 60


@dataclass
class Running:
    part: ApiPart
    port: int
    said: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)

    def step_until(self, state: str) -> None:
        def reached() -> bool:
            self.part.step()
            return self.part.state.state == state

        assert wait_until(reached, PATIENCE), (self.part.state, self.warned)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE)


def processes() -> list[psutil.Process]:
    """Return the API's processes; other tests' servers are children too."""
    return [each for each in psutil.Process().children() if MODULE in each.cmdline()]


def open_part(home: Path, port: int, **settings: object) -> Running:
    (home / "api.toml").write_text(tomli_w.dumps({"port": port}))
    (home / "logs").mkdir(exist_ok=True)
    chosen = ServiceSettings.model_validate(settings)
    running = Running(part=None, port=port)  # type: ignore[arg-type]
    running.part = ApiPart(
        open_home(home), chosen, Backoff(5), running.said.append, running.warned.append
    )
    return running


@pytest.fixture
def running(home: Path) -> Iterator[Running]:
    running = open_part(home, free_port())
    yield running
    running.part.stop()


def test_it_answers_and_comes_back_when_it_is_killed(running: Running) -> None:
    running.step_until("up")
    where = f"http://127.0.0.1:{running.port}"
    assert running.said[0] == f"The API answers at {where}."
    assert f"{where}/clinic" in running.said[1]
    assert running.get("/readyz").status_code == 200

    (child,) = processes()
    child.send_signal(signal.SIGKILL)
    running.step_until("restarting")
    assert "killed by signal 9" in running.warned[0]
    assert "api.log" in running.warned[0]
    # The port is open all the time: this request waits for the next process.
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        running.step_until("up")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert running.part.state.restarts == 1


def test_a_request_that_began_is_answered_before_the_end(running: Running, home: Path) -> None:
    services = open_services(home)
    key = KeyBook(services.audit.engine).add("slow", ["predict"])
    services.close()
    running.step_until("up")
    answers: list[int] = []

    def ask() -> None:
        answer = httpx.post(
            f"http://127.0.0.1:{running.port}/v1/predictions/batch",
            json={"cases": [{"case": CASE}] * 1000},
            headers={"Authorization": f"Bearer {key}"},
            timeout=PATIENCE,
        )
        answers.append(answer.status_code)

    caller = threading.Thread(target=ask)
    caller.start()
    # Its connection is there once the API is busy with it.
    assert wait_until(lambda: len(processes()[0].net_connections()) > 1, PATIENCE)
    running.part.stop()
    caller.join()
    assert answers == [200]


def test_an_end_leaves_nothing(running: Running) -> None:
    running.step_until("up")
    running.part.stop()
    assert processes() == []
    with pytest.raises(httpx.ConnectError):
        running.get("/healthz")


def test_without_a_model_it_waits_for_one(home: Path) -> None:
    models = home / "models"
    shutil.move(models, home / "elsewhere")
    running = open_part(home, free_port())
    running.part.step()
    assert (running.part.state.state, running.part.state.reason) == (
        "off",
        "No model is installed yet.",
    )
    assert not running.part.wanted
    shutil.move(home / "elsewhere", models)
    assert running.part.wanted


def test_a_port_in_use_is_told_once_and_tried_again(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        running = open_part(home, other.getsockname()[1], longest_wait_seconds=0.01)
        running.part = ApiPart(
            open_home(home),
            ServiceSettings(),
            Backoff(0.001),
            running.said.append,
            running.warned.append,
        )
        for _ in range(3):
            assert wait_until(lambda: running.part._backoff.due, 5)
            running.part.step()
    assert len(running.warned) == 1
    assert "is in use by another program" in running.warned[0]
    running.step_until("up")
    running.part.stop()


def test_a_folder_that_cannot_be_used_is_told_with_the_reason(home: Path) -> None:
    (home / "serving.toml").write_text("coverage = 2\n")
    running = open_part(home, free_port())
    running.step_until("restarting")
    running.part.stop()
    assert "exit code 2" in running.warned[0]
    assert "Correct the keys above." in running.warned[0]


def test_two_workers_share_the_port(home: Path) -> None:
    running = open_part(home, free_port(), workers=2)
    running.step_until("up")
    assert len(processes()) == 2
    assert running.get("/readyz").status_code == 200
    running.part.stop()
    assert processes() == []


def test_the_serving_process_imports_nothing_of_the_training_stack(home: Path) -> None:
    program = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "import client.service.api_process\n"
        "from client.api.process import watched_api\n"
        "from client.api.settings import ApiSettings\n"
        "from client.serving.services import open_services\n"
        "from fastapi.testclient import TestClient\n"
        "from client.api.keys.key_book import KeyBook\n"
        "services = open_services(Path(sys.argv[1]))\n"
        "key = KeyBook(services.audit.engine).add('test', ['predict'])\n"
        "with TestClient(watched_api(services, ApiSettings())) as caller:\n"
        "    headers = {'Authorization': f'Bearer {key}'}\n"
        "    body = {'case': {'age': 61, 'phenotypes': ['HP:0001250']}, 'explain': True}\n"
        "    answer = caller.post('/v1/predictions', json=body, headers=headers)\n"
        "services.close()\n"
        "print(json.dumps([answer.status_code, sorted({each.partition('.')[0] "
        "for each in sys.modules})]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(home)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 200
    assert set(modules) & set(TRAINING_STACK) == set()


def test_it_starts_anew_once_the_hospital_follows_another_contract(
    running: Running, home: Path
) -> None:
    running.step_until("up")
    (before,) = processes()
    node = home / "node.toml"
    followed = open_home(home).settings.contract_hash
    text = (home / "contract.toml").read_text()
    other = Contract.model_validate({**tomllib.loads(text), "version": "1.0.1"})
    (home / "contracts").mkdir()
    plain = other.model_dump(mode="json", exclude_none=True)
    (home / "contracts" / f"{other.hash}.toml").write_text(tomli_w.dumps(plain))
    node.write_text(node.read_text().replace(followed, other.hash))
    running.part.step()
    running.step_until("up")
    (after,) = processes()
    assert after.pid != before.pid
    assert "another contract" in running.said[-1]
    assert running.part.state.restarts == 0
    # The model was made for the contract before.
    assert running.get("/readyz").status_code == 503


ROTATING = """
import sys
from pathlib import Path
from client.service.own_log import OwnLog
path = Path(sys.argv[1])
log = OwnLog(path, lambda: print("begun", flush=True), largest=1_000)
for number in range(100):
    print(f"line {number}".ljust(30), flush=True)
    log.look()
print("said on error", file=sys.stderr)
"""


def test_a_process_moves_its_own_large_log_out_of_the_way(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    with ChildProcess([sys.executable, "-c", ROTATING, str(path)], os.environ, path) as child:
        assert wait_until(lambda: not child.running, PATIENCE)
        assert child.exit_code == 0, child.log_text()
        now = child.log_text()
    before = path.with_name("api.log.1").read_text()
    assert now.startswith("begun")
    assert now.endswith("said on error\n")
    # The two files follow each other without a gap.
    lines = [line for line in (before + now).splitlines() if line.startswith("line")]
    numbers = [int(line.split()[1]) for line in lines]
    assert numbers == list(range(numbers[0], 100))
    assert len(before) < 1_100


def test_a_log_that_goes_elsewhere_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.log"
    path.write_text("x" * 2_000)
    assert not OwnLog(path, lambda: None, largest=1_000).look()
    assert path.stat().st_size == 2_000
