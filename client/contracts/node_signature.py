"""The node's signature on a call to the coordinator's door, in the form of Flower's own."""

from __future__ import annotations

from base64 import b64encode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.common.constant import TIMESTAMP_HEADER
from flwr.supercore.constant import FLEET_HTTP_PUBLIC_KEY_HEADER, FLEET_HTTP_SIGNATURE_HEADER
from flwr.supercore.date import now
from flwr.supercore.primitives.asymmetric import public_key_to_bytes, sign_message

from client.home import NodeHome
from shared.errors import SettingsError


def signed_headers(home: NodeHome) -> dict[str, str]:
    """Return headers that show the coordinator which node calls, for a few minutes.

    Raises
    ------
    SettingsError
        When the node's key cannot be read.
    """
    key = _private_key(home)
    timestamp = now().isoformat()
    public_key = public_key_to_bytes(key.public_key())
    return {
        FLEET_HTTP_PUBLIC_KEY_HEADER: b64encode(public_key).decode(),
        FLEET_HTTP_SIGNATURE_HEADER: b64encode(sign_message(key, timestamp.encode())).decode(),
        TIMESTAMP_HEADER: timestamp,
    }


def _private_key(home: NodeHome) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_ssh_private_key(home.private_key.read_bytes(), password=None)
    except (OSError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsError(
            f"{home.private_key} holds no key of a node.", "Restore it from a backup."
        )
    return key
