"""A page on this machine only, for people who were invited by a link."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from client.web.people import People
from shared.errors import SettingsError

HOST = "127.0.0.1"


def invitation_link(people: People, name: str, valid: timedelta, address: str) -> tuple[str, str]:
    """Return a link that signs somebody in once, and until when it works.

    Parameters
    ----------
    address : str
        Of the page: ``http://127.0.0.1:8480``.

    Raises
    ------
    SettingsError
        When the name is none.
    """
    token = people.invite(name, valid)
    until = (datetime.now(UTC) + valid).astimezone()
    return f"{address}/sign-in/{token}", f"{until:%Y-%m-%d %H:%M}"


def local_address(port: int) -> str:
    """Return where a page on this machine is."""
    return f"http://{HOST}:{port}"


def refuse_unusable(people: People, reader: str, port: int) -> None:
    """Refuse to serve a page that nobody could sign in to, or at a port that is taken.

    Raises
    ------
    SettingsError
    """
    if not reader and not people.count():
        raise SettingsError("Nobody is invited yet.", "Say who reads: --reader NAME")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise SettingsError(f"Port {port} is taken.", "Give another one with --port.") from None


def run_page(application: FastAPI, port: int) -> None:
    """Serve until Ctrl-C; nobody reaches it from another machine."""
    import uvicorn

    # Requests name tokens and what is asked about, so they are not logged.
    uvicorn.run(
        application,
        host=HOST,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
    )
