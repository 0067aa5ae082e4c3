"""The port of the API, opened before the API is: it stays open while a process is replaced."""

from __future__ import annotations

import errno
import socket

from shared.errors import SettingsError

WAITING_CONNECTIONS = 2048
# What a process of the API says once it accepts requests.
READY = "The API is ready."


def listen(host: str, port: int) -> socket.socket:
    """Listen at an address.

    Raises
    ------
    SettingsError
        When that is impossible, with what to do.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, address = found[0][0], found[0][4]
        return socket.create_server(address, family=family, backlog=WAITING_CONNECTIONS)
    except OSError as error:
        raise _explained(error, host, port) from None


def _explained(error: OSError, host: str, port: int) -> SettingsError:
    if isinstance(error, socket.gaierror):
        return SettingsError(
            f"This machine does not know the address {host!r}.", "Correct `host` in api.toml."
        )
    if error.errno == errno.EADDRINUSE:
        return SettingsError(
            f"Port {port} is in use by another program.",
            f"End that program (`ss -ltnp 'sport = :{port}'` names it), or give another `port` in "
            "api.toml.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return SettingsError(
            f"Port {port} is for administrators only.",
            "Give a `port` above 1023 in api.toml, and put a reverse proxy in front of it.",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingsError(
            f"{host} is no address of this machine.", "Correct `host` in api.toml."
        )
    return SettingsError(f"{host}:{port} cannot be opened: {error.strerror}.")
