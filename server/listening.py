"""Where the coordinator listens: the door, and the session of a run."""

from __future__ import annotations

from server.addresses import dashboard_of, is_loopback, joined
from server.home import CoordinatorHome
from server.session.listener import Endpoint
from shared.enrolment import split_address

LAST_PORT = 65_535


def door_address(home: CoordinatorHome) -> tuple[str, int]:
    """Return host and port the door listens on."""
    return split_address(home.settings.listen or _everywhere(home.settings.address))


def session_endpoint(home: CoordinatorHome) -> Endpoint:
    """Return where a run's session listens, with the federation's certificate."""
    address = session_address(home)
    return Endpoint(
        listen=home.settings.session_listen or _everywhere(address),
        address=address,
        certificate=home.server_certificate.read_bytes(),
        key=home.server_key.read_bytes(),
        authority=home.authority_certificate.read_bytes(),
    )


def session_address(home: CoordinatorHome) -> str:
    """Return ``HOST:PORT`` under which hospitals open the stream of a run."""
    if home.settings.session_address:
        return home.settings.session_address
    host, port = split_address(home.settings.address)
    return joined(host, port + 1 if port < LAST_PORT else port - 1)


def dashboard_address(home: CoordinatorHome) -> tuple[str, int] | None:
    """Return host and port the dashboard listens on; None where there is to be none."""
    wanted = home.settings.dashboard
    return None if wanted == "off" else split_address(wanted)


def shown_dashboard(home: CoordinatorHome) -> str:
    """Return where people reach the dashboard; empty where there is none."""
    return dashboard_of(home.settings)


def _everywhere(address: str) -> str:
    """Return where to listen for an address: on loopback for loopback, else on every interface."""
    host, port = split_address(address)
    if host == "localhost":
        return joined("127.0.0.1", port)
    if is_loopback(host):
        return address
    # The public name often belongs to a router or container host in front of this machine.
    return f"0.0.0.0:{port}"
