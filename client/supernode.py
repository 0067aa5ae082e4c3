"""The SuperNode as a child process: what connects this hospital to the federation.

It receives questions and sends answers, and runs nothing: that is the executor's part.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from client.coordinator_connection import ASK_TO_BE_ENROLLED, certificate_error
from client.home import NodeHome
from shared.enrolment import split_address, write_private
from shared.errors import ConnectionRefusedByPeerError, JuntosError
from shared.json_logs import json_file
from shared.processes import program

CONNECTED = "SuperNode ID:"
_NOT_ACTIVATED = "[code: 2004]"
_REFUSED_SIGNATURE = "401"


class UnknownKeyError(ConnectionRefusedByPeerError):
    """The SuperLink takes no node with this key: nobody's, or one that it takes for connected."""


def executor_secret(home: NodeHome) -> Path:
    """Return the file of what the SuperNode gives out tasks for; made anew at each start."""
    return home.keys / "executor"


def new_secret(path: Path) -> bytes:
    """Write a new secret for the executor alone, and return it."""
    secret = secrets.token_bytes(32)
    path.unlink(missing_ok=True)
    write_private(path, secret)
    return secret


def forget_apps(home: NodeHome) -> None:
    """Delete unpacked apps: Flower finds them by a shortened hash and does not unpack them again.

    What was unpacked before the hash was looked at, or was approved then, must not run now.
    """
    shutil.rmtree(home.flower / "apps", ignore_errors=True)


@contextlib.contextmanager
def logged(path: Path) -> Iterator[None]:
    """Keep what the node warns of in a file too, while the block runs."""
    handler = json_file(path)
    node_log = logging.getLogger("juntos.node")
    node_log.addHandler(handler)
    try:
        yield
    finally:
        node_log.removeHandler(handler)
        handler.close()


def node_command(home: NodeHome, address: str) -> list[str]:
    """Return the command line of the SuperNode.

    Parameters
    ----------
    address : str
        Where it gives out tasks, to whoever has the executor's secret.
    """
    host, port = split_address(address)
    return [
        program("flower-supernode"),
        *("--root-certificates", str(home.authority_certificate)),
        *("--superlink", home.settings.coordinator),
        *("--auth-supernode-private-key", str(home.private_key)),
        *("--host", host, "--port", str(port)),
        *("--isolation", "process", "--superexec-auth-secret-file", str(executor_secret(home))),
        *("--node-config", f"home={quoted(str(home.path))}"),
    ]


def quoted(text: str) -> str:
    r"""Return a TOML string for Flower's node configuration.

    Flower cuts its configuration at quotes before it reads the pieces as TOML, so quotes and
    backslashes must be written as ``\u0022`` and ``\u005C``.
    """
    safe = (each if each.isprintable() and each not in '"\\' else escaped(each) for each in text)
    return f'"{"".join(safe)}"'


def escaped(character: str) -> str:
    """Return the TOML escape of one character."""
    return f"\\U{ord(character):08X}"


def explain_end(log: str, coordinator: str, log_file: str) -> JuntosError:
    """Say why a SuperNode ended that nobody asked to.

    Parameters
    ----------
    log : str
        What it wrote.
    """
    if _NOT_ACTIVATED in log:
        return UnknownKeyError("The coordinator does not know this node's key.", ASK_TO_BE_ENROLLED)
    found = re.search(r"[^\n]*(?:CERTIFICATE_VERIFY_FAILED|SSL|TLS)[^\n]*:[^\n]*", log)
    if found:
        return certificate_error(found.group(), coordinator)
    if _REFUSED_SIGNATURE in log or "terminated gracefully" in log:
        return ConnectionRefusedByPeerError(
            "The coordinator stopped accepting this node's signature.",
            "Run `juntos node check`: the clock may be wrong, or the hospital was removed.",
        )
    return JuntosError("The SuperNode ended by itself.", f"Its log is {log_file}.")
