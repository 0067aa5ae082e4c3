"""Addresses of the coordinator, from its settings alone."""

from __future__ import annotations

import ipaddress

from server.settings import CoordinatorSettings
from shared.enrolment import split_address


def dashboard_of(settings: CoordinatorSettings) -> str:
    """Return where people reach the dashboard of a federation; empty where there is none."""
    if settings.dashboard == "off":
        return ""
    host, port = split_address(settings.dashboard)
    if is_loopback(host):
        return f"http://{joined(host, port)}"
    # The certificate names the host that hospitals know.
    return f"https://{joined(split_address(settings.address)[0], port)}"


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def joined(host: str, port: int) -> str:
    """Return ``HOST:PORT``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
