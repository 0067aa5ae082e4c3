"""Enrolment and a run through the door: real coordinator, SuperLink and node, on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from flwr.supercore.protobuf.constants import PROTOBUF_MEDIA_TYPE

from client.home import open_home as open_node
from client.joining import NodeKey, join
from client.renewing import renew_if_due
from server.enrolment.certificates import create_authority
from server.enrolment.renewal import renew_server_certificate
from server.home import open_home
from shared.enrolment import split_address
from shared.errors import ConnectionRefusedByPeerError
from shared.node_keys import key_fingerprint
from shared.processes import free_port, wait_until
from tests.foreign_app import approve_at
from tests.integration.echo_app import echoed
from tests.integration.federation_programs import Federation, Program, juntos

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


@pytest.fixture(scope="module")
def federation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    folder = tmp_path_factory.mktemp("federation")
    home = folder / "coordinator"
    address = f"127.0.0.1:{free_port()}"
    options = ["--name", "Test", "--address", address, "--contract", "heart_disease"]
    done = juntos("coordinator", "init", home, *options)
    assert done.returncode == 0, done.stderr
    settings = (home / "coordinator.toml").read_text()
    (home / "coordinator.toml").write_text(f'joins = "approved"\ndashboard = "off"\n{settings}')
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
    waiting = juntos("node", "check", "--home", home)
    assert waiting.returncode == 6
    assert "waits until a person at the coordinator lets it in" in waiting.stdout
    assert let_in(federation, "lyon").returncode == 0
    return home


def let_in(federation: Federation, name: str) -> subprocess.CompletedProcess[str]:
    return juntos("coordinator", "let-in", name, "--home", federation.home.path)


def states(federation: Federation) -> dict[str, str]:
    listed = juntos("coordinator", "hospitals", "--json", "--home", federation.home.path)
    return {each["name"]: each["state"] for each in json.loads(listed.stdout)}


def test_a_joined_hospital_passes_every_check(federation: Federation, node: Path) -> None:
    done = juntos("node", "check", "--home", node)
    assert done.returncode == 0, done.stdout
    assert states(federation) == {"lyon": "joined"}


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
        headers = {"content-type": PROTOBUF_MEDIA_TYPE}
        answer = visitor.post("/v1/fleet/pull-messages", content=b"", headers=headers)
        assert answer.status_code == 401


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
        approve = partial(approve_at, node)
        assert (
            echoed(federation.home, federation.folder, approve)
            == f"True 2000000 {open_node(node).path} run-7"
        )
    finally:
        code = program.end(signal.SIGINT)
    assert code == 0
    assert program.leaves_nothing()


def test_a_killed_node_leaves_nothing_running(node: Path) -> None:
    program = Program.start("node", "serve", "--home", node)
    assert program.ready_line().startswith("lyon is connected")
    assert wait_until(lambda: len(psutil.Process(program.process.pid).children(True)) >= 1, 10)
    program.end(signal.SIGKILL)
    assert program.leaves_nothing()


def test_a_node_is_back_by_itself_after_a_power_cut(
    node: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = Program.start("node", "serve", "--home", node)
    assert program.ready_line().startswith("lyon is connected")
    for each in (program.process.pid, *(child.pid for child in program.seen)):
        os.kill(each, signal.SIGKILL)
    program.end(signal.SIGKILL)
    # Nobody said goodbye: the coordinator takes it for connected for up to a minute.
    again = Program.start("node", "serve", "--home", node)
    assert again.ready_line().startswith("lyon is connected")
    assert "still takes this node's last connection for open" in capfd.readouterr().err
    assert again.end(signal.SIGTERM) == 0


def test_who_is_kept_out_needs_a_new_kit(federation: Federation) -> None:
    home = federation.folder / "ghent"
    assert juntos("node", "join", federation.kit("ghent"), "--home", home).returncode == 0
    assert states(federation)["ghent"] == "pending"
    fingerprint = key_fingerprint((home / "keys" / "node.pub").read_text())
    shown = juntos("coordinator", "hospitals", "--home", federation.home.path).stdout
    assert fingerprint in " ".join(shown.split())
    out = juntos("coordinator", "keep-out", "ghent", "--home", federation.home.path)
    assert out.returncode == 0, out.stderr
    assert "ghent" not in states(federation)
    assert let_in(federation, "ghent").returncode == 2
    assert "does not know" in juntos("node", "check", "--home", home).stdout


def test_a_hospital_leaves_and_comes_back(federation: Federation, node: Path) -> None:
    home = federation.folder / "turin"
    assert juntos("node", "join", federation.kit("turin"), "--home", home).returncode == 0
    assert let_in(federation, "turin").returncode == 0
    left = juntos("node", "leave", "--yes", "--home", home)
    assert left.returncode == 0, left.stderr
    assert states(federation)["turin"] == "left"
    assert (home / "keys" / "node").exists()
    again = juntos("node", "leave", "--yes", "--home", home)
    assert again.returncode == 6
    assert "a member of the federation no more" in again.stderr
    another = federation.folder / "turin again"
    assert juntos("node", "join", federation.kit("turin"), "--home", another).returncode == 0
    assert let_in(federation, "turin").returncode == 0
    assert states(federation)["turin"] == "joined"
    assert juntos("node", "check", "--home", node).returncode == 0


def test_a_certificate_is_renewed_for_the_same_key(federation: Federation, node: Path) -> None:
    home = open_node(node)
    assert not renew_if_due(home)
    old = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    later = datetime.now(UTC) + timedelta(days=300)
    assert renew_if_due(home, later)
    new = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    assert new.serial_number != old.serial_number
    assert new.public_key() == old.public_key()
    assert new.not_valid_after_utc >= old.not_valid_after_utc
    assert juntos("node", "check", "--home", node).returncode == 0
    # And the coordinator's own; hospitals trust it as before.
    assert not renew_server_certificate(federation.home)
    before = federation.home.server_certificate.read_bytes()
    assert renew_server_certificate(federation.home, later)
    assert federation.home.server_certificate.read_bytes() != before
    renewed = x509.load_pem_x509_certificate(federation.home.server_certificate.read_bytes())
    renewed.verify_directly_issued_by(federation.home.authority().certificate)


def test_a_hospital_that_is_shut_out_is_out_at_once(federation: Federation, node: Path) -> None:
    program = Program.start("node", "serve", "--home", node)
    assert program.ready_line().startswith("lyon is connected")
    words = ("--because", "Its key was copied.", "--home", federation.home.path)
    done = juntos("coordinator", "revoke", "lyon", *words)
    assert done.returncode == 0, done.stderr
    refused = juntos("node", "check", "--home", node)
    assert refused.returncode == 6
    assert "a member of the federation no more" in refused.stdout
    assert states(federation)["lyon"] == "revoked"
    program.end(signal.SIGTERM)
    assert program.leaves_nothing()
