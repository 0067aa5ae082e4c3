"""Who may send much through the door: nodes that joined, by the signature Flower puts on a call.

The SuperLink checks the same, but only after it has read a request's whole body.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from flwr.common.constant import SYSTEM_TIME_TOLERANCE, TIMESTAMP_HEADER, TIMESTAMP_TOLERANCE
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER, FLEET_HTTP_SIGNATURE_HEADER
from flwr.supercore.date import now
from flwr.supercore.primitives.asymmetric import bytes_to_public_key, verify_signature
from sqlalchemy import Engine, select

from server.database import hospitals

NOT_YET = "This hospital waits until a person at the coordinator lets it in."
NO_MORE = "This hospital is a member of the federation no more."


class Members:
    """The keys of the hospitals that joined."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def signed(self, headers: Mapping[str, str]) -> bool:
        """Say whether a call carries a member's fresh signature; see `holder`."""
        return self.holder(headers) is not None

    def holder(self, headers: Mapping[str, str]) -> str | None:
        """Return the hospital whose fresh signature a call carries; None without one.

        Parameters
        ----------
        headers : mapping of str to str
            Of the request, in lower case.
        """
        found = self._signer(headers)
        return self._hospitals().get(found) if found else None

    def outside(self, headers: Mapping[str, str]) -> str:
        """Say why a fresh signature is no member's, where its key was a member's or will be."""
        found = self._signer(headers)
        columns = hospitals.c.public_key, hospitals.c.ended_as
        others = select(*columns).where(
            hospitals.c.node_id.is_(None), hospitals.c.public_key.is_not(None)
        )
        with self._engine.connect() as connection:
            for key, ended in connection.execute(others) if found else ():
                if as_flower_sends(key) == found:
                    return NO_MORE if ended else NOT_YET
        return ""

    def _signer(self, headers: Mapping[str, str]) -> bytes | None:
        """Return the key of a fresh signature; None without one."""
        try:
            key = b64decode(headers[FLEET_HTTP_PUBLIC_KEY_HEADER], validate=True)
            signature = b64decode(headers[FLEET_HTTP_SIGNATURE_HEADER], validate=True)
            timestamp = headers[TIMESTAMP_HEADER]
            age = (now() - datetime.fromisoformat(timestamp)).total_seconds()
            public_key = bytes_to_public_key(key)
        except (KeyError, ValueError, TypeError, binascii.Error):
            return None
        fresh = -SYSTEM_TIME_TOLERANCE < age < TIMESTAMP_TOLERANCE + SYSTEM_TIME_TOLERANCE
        right = fresh and verify_signature(public_key, timestamp.encode(), signature)
        return key if right else None

    def _hospitals(self) -> dict[bytes, str]:
        columns = (hospitals.c.public_key, hospitals.c.name)
        joined = select(*columns).where(hospitals.c.node_id.is_not(None))
        with self._engine.connect() as connection:
            rows = connection.execute(joined).all()
        return {as_flower_sends(key): name for key, name in rows}


def as_flower_sends(openssh: str) -> bytes:
    """Return a public key in the form of Flower's header."""
    return serialization.load_ssh_public_key(openssh.encode()).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
