from __future__ import annotations

import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest
import tomli_w

from client.home import NodeHome, open_home
from client.node_checks import Warned
from client.service.checks import (
    check_database,
    check_disk,
    check_model,
    check_name,
    check_port,
    check_proxy,
)
from shared.errors import BundleError, ConnectionRefusedByPeerError, SettingsError
from shared.processes import free_port

Usage = namedtuple("Usage", ["total", "used", "free"])


def node(home: Path, **changes: str) -> NodeHome:
    opened = open_home(home)
    return NodeHome(home, opened.settings.model_copy(update=changes))


def test_all_is_well(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    opened = open_home(home)
    assert check_database(opened).endswith("can be written")
    assert isinstance(check_disk(opened), str)
    assert "golden cases as promised" in check_model(opened)
    assert check_name(opened) == "127.0.0.1 needs no name server"
    assert isinstance(check_proxy(opened), str)


def test_an_unknown_name_is_a_problem(home: Path) -> None:
    opened = node(home, coordinator="no.such.host.invalid:9092")
    with pytest.raises(ConnectionRefusedByPeerError, match=r"no\.such\.host\.invalid"):
        check_name(opened)


def test_a_proxy_is_named_without_its_password(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "")
    found = check_proxy(node(home, coordinator="federation.example:9092"))
    assert isinstance(found, Warned)
    assert "proxy.example:3128" in found.text
    assert "federation.example:9093" in found.warnings[0]
    assert "secret" not in str(found)
    monkeypatch.setenv("no_proxy", "federation.example")
    assert isinstance(check_proxy(node(home, coordinator="federation.example:9092")), str)


def test_a_database_that_cannot_be_written_is_a_problem(home: Path) -> None:
    opened = open_home(home)
    check_database(opened)
    (home / "ledger.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(SettingsError):
        check_database(opened)


@pytest.mark.parametrize(("free", "full"), [(1, True), (500_000_000, False)])
def test_a_disk_that_is_nearly_full_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, free: int, full: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, free))
    if full:
        with pytest.raises(SettingsError, match="full"):
            check_disk(open_home(home))
    else:
        assert isinstance(check_disk(open_home(home)), Warned)


def test_a_damaged_model_is_a_problem(home: Path) -> None:
    (network,) = (home / "models").glob("versions/*/model.onnx")
    network.chmod(0o600)
    network.write_bytes(network.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError):
        check_model(open_home(home))


def test_a_port_in_use_deserves_attention_where_it_is_needed(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        (home / "api.toml").write_text(tomli_w.dumps({"port": other.getsockname()[1]}))
        found = check_port(open_home(home))
        assert isinstance(found, Warned)
        assert "in use" in found.warnings[0]
        (home / "service.toml").write_text('api = "never"\n')
        assert check_port(open_home(home)) == "not needed: the API is not up"
    (home / "service.toml").unlink()
    assert "is free" in str(check_port(open_home(home)))


def test_other_machines_without_tls_deserve_attention(home: Path) -> None:
    (home / "api.toml").write_text(tomli_w.dumps({"host": "0.0.0.0", "port": free_port()}))
    found = check_port(open_home(home))
    assert isinstance(found, Warned)
    assert "unencrypted" in found.warnings[0]
