"""Talking to the coordinator's door, with errors that a hospital's administrator can act on."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from flwr.common.constant import SYSTEM_TIME_TOLERANCE, TIMESTAMP_TOLERANCE
from pydantic import ValidationError

from shared.enrolment import StatusAnswer
from shared.errors import ConnectionRefusedByPeerError

TIMEOUT = httpx.Timeout(60.0, connect=10.0)

ASK_TO_BE_ENROLLED = "Ask whether this hospital is still enrolled; if so, join with a new kit."

_CERTIFICATE_REASONS = {
    "not yet valid": (
        "is not valid yet by this machine's clock",
        "Correct this machine's clock.",
    ),
    "expired": (
        "has expired by this machine's clock",
        "Check this machine's clock; if it is right, ask the coordinator to renew its certificate.",
    ),
    "mismatch": (
        "is for another address",
        "Ask the coordinator which address is right, and for a new kit.",
    ),
    "not valid for": (
        "is for another address",
        "Ask the coordinator which address is right, and for a new kit.",
    ),
}


class NoMemberError(ConnectionRefusedByPeerError):
    """The coordinator answers, and takes this node for no member."""


def open_connection(address: str, authority_certificate: str) -> httpx.Client:
    """Make a client that trusts the federation's authority alone.

    Parameters
    ----------
    authority_certificate : str
        PEM.

    Raises
    ------
    ConnectionRefusedByPeerError
        When that is no certificate.
    """
    try:
        context = ssl.create_default_context(cadata=authority_certificate)
    except (ssl.SSLError, ValueError):
        raise ConnectionRefusedByPeerError(
            "The federation's certificate is damaged.", "Ask the coordinator for a new kit."
        ) from None
    return httpx.Client(base_url=f"https://{address}", verify=context, timeout=TIMEOUT)


def ask(
    client: httpx.Client,
    method: str,
    path: str,
    content: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Send one request and return the JSON of a good answer.

    Parameters
    ----------
    content : str, optional
        JSON.
    headers : mapping of str to str, optional
        To send with it.

    Raises
    ------
    NoMemberError
        When it does not know whoever signed.
    ConnectionRefusedByPeerError
        When the door cannot be reached, is not the right one, or refuses; with its own words.
    """
    sent = dict(headers or {})
    if content is not None:
        sent["content-type"] = "application/json"
    try:
        response = client.request(method, path, content=content, headers=sent)
    except httpx.TimeoutException:
        raise ConnectionRefusedByPeerError(
            f"The coordinator at {client.base_url.netloc.decode()} did not answer in time.",
            "Try again; ask your network's administrator whether outgoing connections are slowed.",
        ) from None
    except httpx.TransportError as error:
        raise transport_error(str(error), client.base_url.netloc.decode()) from None
    if response.is_success:
        return _json(response)
    answer = _json(response) if "json" in response.headers.get("content-type", "") else {}
    what = answer.get("detail") or f"The coordinator answered {response.status_code}."
    fix = str(answer.get("fix", ""))
    if response.status_code == 401:
        raise NoMemberError(str(what), fix or ASK_TO_BE_ENROLLED)
    raise ConnectionRefusedByPeerError(str(what), fix)


def read_status(client: httpx.Client) -> tuple[StatusAnswer, float]:
    """Ask for the coordinator's state.

    Returns
    -------
    StatusAnswer
    float
        Seconds by which this machine's clock is ahead of the coordinator's.
    """
    before = datetime.now(UTC)
    answer = ask(client, "GET", "/v1/status")
    after = datetime.now(UTC)
    try:
        status = StatusAnswer.model_validate(answer)
        theirs = datetime.fromisoformat(status.time)
        ours = before + (after - before) / 2
        return status, (ours - theirs).total_seconds()
    except (ValidationError, ValueError, TypeError):
        raise ConnectionRefusedByPeerError(
            "What answers at the coordinator's address is no Juntos coordinator.",
            "Ask the coordinator for the right address.",
        ) from None


def refuse_wrong_clock(ahead: float) -> None:
    """Refuse a clock with which Flower would not accept this node's signatures.

    They may come from a clock that is minutes behind, but only seconds ahead.

    Raises
    ------
    ConnectionRefusedByPeerError
    """
    if -(TIMESTAMP_TOLERANCE + SYSTEM_TIME_TOLERANCE) < ahead < SYSTEM_TIME_TOLERANCE:
        return
    direction = "ahead of" if ahead > 0 else "behind"
    raise ConnectionRefusedByPeerError(
        f"This machine's clock is {abs(ahead):.0f} s {direction} the coordinator's; at most "
        f"{SYSTEM_TIME_TOLERANCE} s ahead or {TIMESTAMP_TOLERANCE} s behind is accepted.",
        "Set the clock by a time server (for example chrony or systemd-timesyncd).",
    )


def transport_error(reason: str, address: str) -> ConnectionRefusedByPeerError:
    """Say what a failed connection means.

    Parameters
    ----------
    reason : str
        The words of the TLS library or the operating system.
    """
    if "certificate" in reason.lower() or "ssl" in reason.lower():
        return certificate_error(reason, address)
    return ConnectionRefusedByPeerError(
        f"The coordinator at {address} cannot be reached.",
        "Check the address, and that your firewall lets this machine connect to it; ask whether "
        "the coordinator runs.",
    )


def certificate_error(reason: str, address: str) -> ConnectionRefusedByPeerError:
    """Say what a failed check of the coordinator's certificate means."""
    if "certificate" not in reason.lower():
        return ConnectionRefusedByPeerError(
            f"What answers at {address} does not speak TLS as expected.",
            "Check the address; a proxy in between may be changing the connection.",
        )
    for sign, (what, fix) in _CERTIFICATE_REASONS.items():
        if sign in reason.lower():
            return ConnectionRefusedByPeerError(
                f"The certificate of the coordinator at {address} {what}.", fix
            )
    return ConnectionRefusedByPeerError(
        f"What answers at {address} is not this federation's coordinator: its certificate comes "
        "from another authority.",
        "Check the address; a proxy that opens TLS connections must make an exception for it.",
    )


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ConnectionRefusedByPeerError(
            "What answers at the coordinator's address is no Juntos coordinator.",
            "Ask the coordinator for the right address.",
        )
    return answer
