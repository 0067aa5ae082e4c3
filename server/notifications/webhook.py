"""Webhooks: a POST request with JSON, signed as the Standard Webhooks specification has it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import time
from dataclasses import asdict
from pathlib import Path

import httpx

from server.notifications.errors import UndeliveredError
from server.notifications.message import Message
from server.notifications.settings import Webhook, read_secret
from shared.errors import SettingsError

PREFIX = "whsec_"


def post(home: Path, channel: Webhook, message: Message) -> None:
    """Hand a message to a webhook.

    Raises
    ------
    UndeliveredError
        When nobody answers, or with another status than 2xx.
    """
    body = json.dumps(asdict(message), ensure_ascii=False).encode()
    try:
        secret = read_secret(home, channel.secret_file) if channel.secret_file else ""
        answer = httpx.post(
            channel.url,
            content=body,
            headers=headers_of(message.id, body, secret, int(time.time())),
            timeout=channel.timeout,
        )
    except SettingsError as error:
        raise UndeliveredError(str(error)) from None
    except httpx.HTTPError as error:
        raise UndeliveredError(
            f"{_place(channel.url)} does not answer: {str(error) or type(error).__name__}.",
            f"Correct the url of {channel.name} in notifications.toml.",
        ) from None
    if not answer.is_success:
        raise UndeliveredError(
            f"{_place(channel.url)} answers with status {answer.status_code}.",
            f"See what it says about requests of {channel.name}.",
        )


def headers_of(identity: str, body: bytes, secret: str, at: int) -> dict[str, str]:
    """Return the headers of a request.

    Parameters
    ----------
    secret : str
        Signs the id, the time and the body with HMAC-SHA256; empty for no signature.
    at : int
        Seconds since 1970, so that an old request cannot be sent again unnoticed.
    """
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "juntos",
        "webhook-id": identity,
        "webhook-timestamp": str(at),
    }
    if secret:
        signed = f"{identity}.{at}.".encode() + body
        found = hmac.new(_key(secret), signed, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(found).decode()}"
    return headers


def _key(secret: str) -> bytes:
    """Return the key of a secret; those of the specification are Base64 with a prefix."""
    if secret.startswith(PREFIX):
        with contextlib.suppress(ValueError):
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return secret.encode()


def _place(url: str) -> str:
    """Name a webhook without what its address keeps secret."""
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"
