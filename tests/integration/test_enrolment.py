"""Enrolment and a run through the door: real coordinator, SuperLink and node, on loopback."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest
import tomli_w

from client.home import open_home as open_node
from client.joining import NodeKey, join
from server.enrolment.certificates import create_authority
from server.enrolment.hospitals import enrol
from server.flower_command import CONNECTION, flower_command
from server.flower_run import run_status
from server.home import CoordinatorHome, open_home
from shared.enrolment import Kit, read_kit, split_address
from shared.errors import ConnectionRefusedByPeerError
from shared.processes import free_port, wait_until

JUNTOS = str(Path(sys.executable).parent / "juntos")
MAPPING = """
[source]
kind = "csv"
path = "patients.csv"
[label]
column = "diagnosis"
[[column]]
column = "years"
feature = "age"
unit = "a"
"""
ECHO_SETTINGS = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "echo"
version = "0.1.0"
description = "Sends arrays to every node and back."
license = { file = "LICENSE" }
dependencies = ["flwr>=1.41.0"]
[tool.flwr.app]
publisher = "juntos"
fab-format-version = 1
flwr-version-target = "1.41.0"
[tool.flwr.app.components]
serverapp = "echo.server:app"
clientapp = "echo.client:app"
[tool.flwr.app.config]
run = ""
"""
ECHO_SERVER = """
import os
from pathlib import Path
import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.serverapp import ServerApp
app = ServerApp()
@app.main()
def main(grid, context):
    values = np.arange(4_000_000, dtype=np.float32)
    content = RecordDict({"arrays": ArrayRecord({"values": Array(values)}),
                          "text": ConfigRecord({"long": "x" * 6_000_000})})
    node = list(grid.get_node_ids())[0]
    message = Message(content, dst_node_id=node, message_type="query.echo")
    reply = list(grid.send_and_receive([message], timeout=40))[0]
    same = (reply.content["arrays"]["values"].numpy() == values).all()
    long = len(reply.content["text"]["long"])
    result = f"{same} {long} {reply.content['node']['home']} {context.run_config['run']}"
    Path(os.environ["JUNTOS_COORDINATOR_HOME"], "runs", "echo").write_text(result)
"""
ECHO_CLIENT = """
from flwr.app import ConfigRecord, Message
from flwr.clientapp import ClientApp
app = ClientApp()
@app.query("echo")
def echo(message, context):
    message.content["node"] = ConfigRecord({"home": str(context.node_config["home"])})
    return Message(message.content, reply_to=message)
"""


def juntos(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [JUNTOS, *(str(each) for each in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@dataclass
class Program:
    """A `juntos ... serve` that runs, and all processes it was ever seen with."""

    process: subprocess.Popen[str]
    seen: set[psutil.Process] = field(default_factory=set)

    @classmethod
    def start(cls, *arguments: object) -> Program:
        command = [JUNTOS, *(str(each) for each in arguments)]
        return cls(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))

    def ready_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))
        return line

    def end(self, by: signal.Signals) -> int:
        if self.process.poll() is None:
            self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))
            self.process.send_signal(by)
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def leaves_nothing(self) -> bool:
        return wait_until(lambda: not any(each.is_running() for each in self.seen), 10)


@dataclass
class Federation:
    """A coordinator that serves."""

    home: CoordinatorHome
    folder: Path
    program: Program

    @property
    def url(self) -> str:
        return f"https://{self.home.settings.address}"

    def visitor(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.home.authority_certificate)
        return httpx.Client(base_url=self.url, verify=context, timeout=30)

    def kit(self, hospital: str) -> Path:
        """Enrol; return a copy of the kit, as a hospital has one."""
        kit = enrol(self.home, hospital)
        return Path(shutil.copy(kit, self.folder / f"{hospital}.kit"))

    def changed(self, kit: Path, **changes: str) -> Path:
        content: Kit = read_kit(kit).model_copy(update=changes)
        path = kit.with_suffix(".changed")
        path.write_text(tomli_w.dumps(content.model_dump()))
        return path


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    folder = tmp_path_factory.mktemp("federation")
    home = folder / "coordinator"
    address = f"127.0.0.1:{free_port()}"
    options = ["--name", "Test", "--address", address, "--contract", "heart_disease"]
    done = juntos("coordinator", "init", home, *options)
    assert done.returncode == 0, done.stderr
    program = Program.start("coordinator", "serve", "--home", home)
    try:
        assert program.ready_line() == f"Coordinator of 'Test' is ready at {address}.\n"
        yield Federation(open_home(home), folder, program)
    finally:
        code = program.end(signal.SIGTERM)
        assert program.leaves_nothing()
    assert code == 0
    assert len(program.seen) >= 2


@pytest.fixture(scope="module")
def node(federation: Federation) -> Path:
    """A hospital that joined and has two patients."""
    home = federation.folder / "a node's folder"
    enrolled = juntos("coordinator", "enrol", "lyon", "--home", federation.home.path)
    assert enrolled.returncode == 0, enrolled.stderr
    kit = shutil.copy(federation.home.kits / "lyon.kit.toml", federation.folder / "lyon.kit")
    done = juntos("node", "join", kit, "--home", home)
    assert done.returncode == 0, done.stderr
    (home / "mapping.toml").write_text(MAPPING)
    (home / "patients.csv").write_text("years,diagnosis\n63,none\n58,grade_1\n")
    return home


def test_a_joined_hospital_passes_every_check(federation: Federation, node: Path) -> None:
    done = juntos("node", "check", "--home", node)
    assert done.returncode == 0, done.stdout
    listed = juntos("coordinator", "hospitals", "--home", federation.home.path)
    assert [line.split()[:2] for line in listed.stdout.splitlines()[1:]] == [["lyon", "joined"]]


def test_a_kit_works_once(federation: Federation, node: Path) -> None:
    assert node.is_dir()
    done = juntos("node", "join", federation.folder / "lyon.kit", "--home", federation.folder / "x")
    assert done.returncode == 6
    assert "This kit was used already" in done.stderr
    assert not (federation.folder / "x").exists()


def test_a_wrong_token_is_refused(federation: Federation) -> None:
    kit = federation.changed(federation.kit("oslo"), token="A" * 43)
    with pytest.raises(ConnectionRefusedByPeerError, match="token is not known"):
        join(kit, federation.folder / "x")


def test_a_kit_of_another_authority_is_refused(federation: Federation) -> None:
    other = create_authority("Other").certificate_pem
    kit = federation.changed(federation.kit("bern"), authority_certificate=other)
    with pytest.raises(ConnectionRefusedByPeerError, match="not this federation's coordinator"):
        join(kit, federation.folder / "x")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/control/start-run",
        "/v1/control/list-runs",
        "/v1/runtime/acquire-task",
        "/v1/fleet/register-node",
        "/v1/fleet/..%2fcontrol%2flist-runs",
        "//v1/control/list-runs",
    ],
)
def test_the_control_api_is_not_behind_the_door(federation: Federation, path: str) -> None:
    with federation.visitor() as visitor:
        answer = visitor.post(path, content=b"")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_path_that_is_not_tidied_up_gets_nowhere(federation: Federation) -> None:
    # Written by hand: HTTP clients take the dots out before they send.
    host, port = split_address(federation.home.settings.address)
    context = ssl.create_default_context(cafile=federation.home.authority_certificate)
    request = f"POST /v1/fleet/../control/list-runs HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0"
    with (
        socket.create_connection((host, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        connection.sendall(request.encode() + b"\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 404")


def test_a_stranger_is_told_so_by_the_superlink(federation: Federation) -> None:
    with federation.visitor() as visitor:
        assert visitor.post("/v1/fleet/pull-messages", content=b"").status_code == 401


def test_bad_data_keep_a_node_from_starting(federation: Federation, node: Path) -> None:
    bad = federation.folder / "bad"
    shutil.copytree(node, bad)
    (bad / "patients.csv").write_text("years,diagnosis\n981,none\n")
    done = juntos("node", "serve", "--home", bad)
    assert done.returncode == 5
    assert "row 2" in done.stderr
    assert "981" not in done.stdout + done.stderr


def test_a_key_nobody_knows_is_refused(federation: Federation, node: Path) -> None:
    stranger = federation.folder / "stranger"
    shutil.copytree(node, stranger)
    (stranger / "keys" / "node").unlink()
    NodeKey.create().save(stranger / "keys")
    done = juntos("node", "serve", "--home", stranger)
    assert done.returncode == 6
    assert "does not know this node's key" in done.stderr


def test_a_run_goes_through_the_door(federation: Federation, node: Path) -> None:
    program = Program.start("node", "serve", "--home", node)
    try:
        assert program.ready_line().startswith("lyon is connected to 'Test' at 127.0.0.1:")
        assert echoed(federation) == f"True 6000000 {open_node(node).path} run-7"
    finally:
        code = program.end(signal.SIGINT)
    assert code == 0
    assert program.leaves_nothing()


def test_a_killed_node_leaves_nothing_running(node: Path) -> None:
    program = Program.start("node", "serve", "--home", node)
    assert program.ready_line().startswith("lyon is connected")
    assert wait_until(lambda: len(psutil.Process(program.process.pid).children(True)) >= 2, 10)
    program.end(signal.SIGKILL)
    assert program.leaves_nothing()


def echoed(federation: Federation) -> str:
    """Run an app that sends 22 MB to a node and back; return what it found."""
    app = federation.folder / "app"
    (app / "echo").mkdir(parents=True)
    for name, text in {
        "pyproject.toml": ECHO_SETTINGS,
        "README.md": "Echo",
        "LICENSE": "Apache-2.0",
        "echo/__init__.py": "",
        "echo/server.py": ECHO_SERVER,
        "echo/client.py": ECHO_CLIENT,
    }.items():
        (app / name).write_text(text)
    started = flower_command(
        federation.home, "run", str(app), CONNECTION, "--run-config", 'run="run-7"'
    )
    result = federation.home.runs / "echo"
    deadline = time.monotonic() + 60
    while not result.exists() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert result.exists(), run_status(federation.home, str(started["run-id"]))
    return result.read_text()
