"""The SuperLink as a child process, on loopback behind the door."""

from __future__ import annotations

import os
import socket
import ssl

import psutil
import tomli_w

from server.flower_command import CONNECTION
from server.home import CoordinatorHome
from shared.errors import SettingsError
from shared.processes import (
    ChildProcess,
    descendants,
    flower_environment,
    free_port,
    program,
    stop_all,
)

# Flower's programs, by a word of their command lines.
SUPERLINK, SERVER_APP = "flower-superlink", "flwr-serverapp"
HOME_VARIABLE = "JUNTOS_COORDINATOR_HOME"


def superlink_port(home: CoordinatorHome) -> int:
    """Return the port of the SuperLink, for as long as the coordinator runs.

    Raises
    ------
    SettingsError
        When it is taken.
    """
    port = home.settings.superlink_port or free_port()
    refuse_busy_port("127.0.0.1", port, "superlink_port in coordinator.toml")
    return port


def start_superlink(home: CoordinatorHome, port: int) -> ChildProcess:
    """Start the federation's SuperLink.

    Anyone who reaches its Control API can start code at every hospital, so it listens on loopback
    alone.
    """
    _write_connection(home, f"127.0.0.1:{port}")
    end_left_over(home, descendants(os.getpid()))
    environment = flower_environment(home.flower, **{HOME_VARIABLE: str(home.path)})
    return ChildProcess(_command(home, port), environment, home.logs / "superlink.log")


def end_left_over(home: CoordinatorHome, ours: set[psutil.Process]) -> None:
    """End what a SuperLink that was killed has left behind: its helpers, and the run they run.

    A run goes on in a process of its own that never learns that nobody collects its answers.

    Parameters
    ----------
    ours : set of Process
        What is left in peace.
    """
    stop_all({each for each in flower_processes(home) if each not in ours})


def end_programs(home: CoordinatorHome, name: str, patience: float) -> None:
    """See that some of Flower's programs end: by themselves within a time, or else by force."""
    named = [each for each in flower_processes(home) if name in name_of(each)]
    _, alive = psutil.wait_procs(named, timeout=patience)
    stop_all(set(alive))


def name_of(process: psutil.Process) -> str:
    """Return the beginning of a program's command line; empty once it is gone."""
    try:
        return " ".join(process.cmdline()[:4])
    except psutil.Error:
        return ""


def flower_processes(home: CoordinatorHome) -> list[psutil.Process]:
    """Return the SuperLink and all of Flower's programs that it, or one before it, started."""
    return [each for each in psutil.process_iter() if _is_of(each, home)]


def _is_of(process: psutil.Process, home: CoordinatorHome) -> bool:
    try:
        # A SuperLink gives it to what it starts; a person's shell may have it too.
        of_flower = any("flwr" in word or "flower" in word for word in process.cmdline()[:4])
        return of_flower and process.environ().get(HOME_VARIABLE) == str(home.path)
    except psutil.Error:
        return False


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
        program(SUPERLINK),
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


def superlink_answers(home: CoordinatorHome, port: int) -> bool:
    """Return whether the SuperLink takes connections."""
    context = ssl.create_default_context(cafile=home.authority_certificate)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1"),
        ):
            return True
    except OSError:
        return False
