from __future__ import annotations

import pytest
from flwr.common.config import parse_config_args

from client.home import NodeHome
from client.supernode import explain_end, node_command, quoted
from shared.errors import ConnectionRefusedByPeerError


@pytest.mark.parametrize(
    "path",
    [
        "/srv/node",
        "/srv/a b",
        '/srv/"quoted"',
        "/srv/it's",
        "/srv/back\\slash",
        "/srv/é/日本/🏥",
        "/srv/new\nline",
        '/srv/x" evil="1',
        "/srv/a.toml",
        "/srv/a=b",
        "C:\\Users\\node",
    ],
)
def test_flower_reads_back_the_path_that_was_given(path: str) -> None:
    assert parse_config_args([f"home={quoted(path)}"]) == {"home": path}


def test_the_node_listens_on_loopback_with_its_own_key(node_home: NodeHome) -> None:
    command = node_command(node_home, "127.0.0.1:9999")
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "9999"
    assert command[command.index("--isolation") + 1] == "process"
    assert command[command.index("--superlink") + 1] == node_home.settings.coordinator
    assert command[command.index("--auth-supernode-private-key") + 1] == str(node_home.private_key)
    assert "--insecure" not in command


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("Exit Code: 305\nFailed.\n[code: 2004] no such node", "does not know this node's key"),
        (
            "ERROR: SSL/TLS handshake error detected.\nExit Code: 305\n[SSL: "
            "CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer",
            "another authority",
        ),
        ("CERTIFICATE_VERIFY_FAILED certificate verify failed: certificate has expired", "expired"),
        ("SuperNode ID: 7\nSuperNode terminated gracefully.", "stopped accepting"),
    ],
)
def test_an_end_is_explained(log: str, expected: str) -> None:
    error = explain_end(log, "a:1", "/log")
    assert isinstance(error, ConnectionRefusedByPeerError)
    assert expected in error.what


def test_an_unknown_end_names_the_log() -> None:
    error = explain_end("a surprise", "a:1", "/srv/logs/supernode.log")
    assert not isinstance(error, ConnectionRefusedByPeerError)
    assert "/srv/logs/supernode.log" in error.fix
