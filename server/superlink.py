"""The SuperLink as a child process, on loopback behind the door."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import tomli_w

from server.flower_command import CONNECTION
from server.home import CoordinatorHome
from shared.errors import SettingsError
from shared.processes import ChildProcess, flower_environment, free_port, program, wait_until

START_TIMEOUT = 60.0


@contextlib.contextmanager
def running_superlink(home: CoordinatorHome) -> Iterator[tuple[ChildProcess, str]]:
    """Run the federation's SuperLink while the block runs.

    Anyone who reaches its Control API can start code at every hospital, so it listens on loopback
    alone.

    Yields
    ------
    ChildProcess
    str
        Its ``HOST:PORT``.

    Raises
    ------
    SettingsError
        When it does not start.
    """
    port = home.settings.superlink_port or free_port()
    refuse_busy_port("127.0.0.1", port, "superlink_port in coordinator.toml")
    address = f"127.0.0.1:{port}"
    _write_connection(home, address)
    environment = flower_environment(home.flower, JUNTOS_COORDINATOR_HOME=str(home.path))
    child = ChildProcess(_command(home, port), environment, home.logs / "superlink.log")
    with child:
        _wait_until_ready(home, child, port)
        yield child, address


def refuse_busy_port(host: str, port: int, setting: str) -> None:
    """Say so where a port is taken, before anything is started.

    Raises
    ------
    SettingsError
        When it is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} on {host} cannot be used: {error.strerror}.",
                f"Stop the program that uses it, or change the {setting}.",
            ) from None


def _command(home: CoordinatorHome, port: int) -> list[str]:
    return [
        program("flower-superlink"),
        *("--ssl-ca-certfile", str(home.authority_certificate)),
        *("--ssl-certfile", str(home.server_certificate)),
        *("--ssl-keyfile", str(home.server_key)),
        *("--database", str(home.path / "superlink" / "superlink.db")),
        *("--host", "127.0.0.1", "--port", str(port)),
        "--enable-supernode-auth",
        "--disable-runtime-dependency-installation",
    ]


def _write_connection(home: CoordinatorHome, address: str) -> None:
    connection = {"address": address, "root-certificates": str(home.authority_certificate)}
    content = {"superlink": {"default": CONNECTION, CONNECTION: connection}}
    (home.flower / "config.toml").write_text(tomli_w.dumps(content), encoding="utf-8")


def _wait_until_ready(home: CoordinatorHome, child: ChildProcess, port: int) -> None:
    context = ssl.create_default_context(cafile=home.authority_certificate)
    wait_until(lambda: not child.running or _answers(context, port), START_TIMEOUT)
    if child.running and _answers(context, port):
        return
    last = "\n".join(f"  {line}" for line in child.log_text().strip().splitlines()[-5:])
    raise SettingsError(
        f"The SuperLink did not start:\n{last}", f"The whole log is {child.log_file}."
    )


def _answers(context: ssl.SSLContext, port: int) -> bool:
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1"),
        ):
            return True
    except OSError:
        return False
