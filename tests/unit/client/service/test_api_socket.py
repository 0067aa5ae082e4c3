from __future__ import annotations

import socket

import pytest

from client.service.api_socket import listen
from shared.errors import SettingsError
from shared.processes import free_port


def test_a_port_in_use_is_named_with_the_fix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError) as found:
            listen("127.0.0.1", port)
    assert str(port) in found.value.what
    assert "api.toml" in found.value.fix


@pytest.mark.parametrize(
    ("host", "expected"), [("no.such.host.invalid", "know the address"), ("203.0.113.9", "address")]
)
def test_a_host_that_is_not_this_machine_is_named(host: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        listen(host, free_port())


def test_a_port_can_be_listened_at_again_at_once() -> None:
    port = free_port()
    for _ in range(2):
        listening = listen("127.0.0.1", port)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
        listening.close()
