"""What the service needs beside the federation: name, proxy, database, disk, model, port."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import urllib.request
from urllib.parse import urlsplit

from client.home import NodeHome
from client.node_checks import Warned
from shared.enrolment import split_address
from shared.errors import ConnectionRefusedByPeerError, JuntosError, SettingsError

MEBIBYTE = 1024 * 1024
LEAST_FREE = 100 * MEBIBYTE
LITTLE_FREE = 1024 * MEBIBYTE


def check_name(home: NodeHome) -> str:
    """Refuse a coordinator whose name the network does not know."""
    host, port = split_address(home.settings.coordinator)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return f"{host} needs no name server"
    if proxy_of(home):
        return f"the proxy looks {host} up"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ConnectionRefusedByPeerError(
            f"No name server knows {host}: {error.strerror}.",
            "Check this machine's name server (`resolvectl status`), and the name with the "
            "coordinator.",
        ) from None
    return f"{host} is {found[0][4][0]}"


def check_proxy(home: NodeHome) -> str | Warned:
    """Say which proxy connections to the coordinator take."""
    proxy = proxy_of(home)
    if not proxy:
        return "none: connections go straight to the coordinator"
    host, port = split_address(home.settings.coordinator)
    shown = urlsplit(proxy).netloc.rpartition("@")[2]
    return Warned(
        f"connections to the coordinator go through {shown}",
        [f"the proxy must let CONNECT to {host}:{port} and {host}:{port + 1} pass, TLS unopened"],
        f"Ask whoever runs the proxy, or go past it with NO_PROXY={host}.",
    )


def proxy_of(home: NodeHome) -> str:
    """Return the proxy to the coordinator that the environment names; empty without one."""
    host, _ = split_address(home.settings.coordinator)
    proxies = urllib.request.getproxies()
    chosen = proxies.get("https") or proxies.get("all") or ""
    return "" if urllib.request.proxy_bypass(host) else chosen


def check_database(home: NodeHome) -> str:
    """Refuse a database that cannot be written."""
    from sqlalchemy.exc import SQLAlchemyError

    from client.privacy.opening import open_ledger

    ledger = open_ledger(home)
    try:
        with ledger.writing():
            pass
        return f"{ledger.engine.url.render_as_string()} can be written"
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        raise SettingsError(
            f"The node's database cannot be written: {reason}.",
            "Make sure that it runs, has space, and that this account may write to it.",
        ) from None
    finally:
        ledger.close()


def check_disk(home: NodeHome) -> str | Warned:
    """Refuse a disk that is full: answers must be written down before they are given."""
    free = shutil.disk_usage(home.path).free
    text = f"{free / MEBIBYTE / 1024:.1f} GiB are free at {home.path}"
    fix = "Make space, or move the node's folder to a larger disk."
    if free < LEAST_FREE:
        raise SettingsError(f"The disk is full: {text}.", fix)
    if free < LITTLE_FREE:
        return Warned(text, ["answers are refused once none is left"], fix)
    return text


def check_model(home: NodeHome) -> str:
    """Verify the model and the engine that answer, and have them answer their golden cases."""
    from client.ranking.opening import open_rankings
    from client.service.api_part import NO_MODEL, has_model
    from client.serving.services import open_store
    from client.serving.settings import read_settings

    if not has_model(home):
        return NO_MODEL.rstrip(".").lower()
    settings = read_settings(home.path)
    stores = (
        open_store(home, settings, answers=False),
        open_rankings(home, settings, answers=False),
    )
    said = []
    for store in stores:
        active = next((each for each in store.models() if each.role == "active"), None)
        if active is not None:
            found = store.test(active.digest)
            said.append(f"{active.version} answers its {found.cases} golden cases as promised")
    return "; ".join(said) or NO_MODEL.rstrip(".").lower()


def check_port(home: NodeHome) -> str | Warned:
    """Say when the API's port is taken."""
    from client.api.settings import read_settings as read_api_settings
    from client.service.api_part import has_model
    from client.service.api_socket import listen
    from client.service.settings import read_settings
    from shared.supervision.report import read_report

    settings, chosen = read_api_settings(home.path), read_settings(home.path)
    if chosen.api == "never" or (chosen.api == "with_a_model" and not has_model(home)):
        return "not needed: the API is not up"
    report = read_report(home.path)
    if report is not None and report.parts["api"].state == "up":
        return f"the API answers at {settings.address}"
    try:
        listen(settings.host, settings.port).close()
    except JuntosError as error:
        return Warned("the API cannot be up", [error.what], error.fix)
    text = f"{settings.address} is free for the API"
    if settings.certificate is None and settings.host not in ("127.0.0.1", "::1", "localhost"):
        fix = "Give `certificate` and `private_key` in api.toml, or a reverse proxy with TLS."
        return Warned(text, ["other machines reach it, and cases travel unencrypted"], fix)
    return text
