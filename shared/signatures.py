"""Signatures of what a coordinator hands out: Ed25519 (RFC 8032), for one purpose each.

A signature holds for the purpose it was made for only, so that nothing signed as one thing passes
as another.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import SettingsError

Purpose = Literal["kit", "bundle", "contract"]

SIGNATURE_BYTES = 64
_GROUP = 4
# 120 bits: enough that nobody finds a second key with the same, few enough to be read aloud.
_FINGERPRINT_CHARACTERS = 24


def sign(key: Ed25519PrivateKey, purpose: Purpose, content: bytes) -> bytes:
    """Return the signature of some content, 64 bytes."""
    return key.sign(_signed(purpose, content))


def is_signed(key: Ed25519PublicKey, purpose: Purpose, content: bytes, signature: bytes) -> bool:
    """Return whether a signature is this key's, of this content, for this purpose."""
    try:
        key.verify(signature, _signed(purpose, content))
    except InvalidSignature:
        return False
    return True


def public_key_text(key: Ed25519PublicKey) -> str:
    """Return a public key as one line in OpenSSH format."""
    return key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()


def read_public_key(text: str, source: str) -> Ed25519PublicKey:
    """Read a public key in OpenSSH format.

    Parameters
    ----------
    source : str
        Where the text came from, for the error.

    Raises
    ------
    SettingsError
        When it is no Ed25519 key.
    """
    try:
        key = serialization.load_ssh_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"{source} holds no Ed25519 public key.", "Ask for it again.")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return what two people compare by phone: 24 letters and digits of the key's SHA-256."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    text = base64.b32encode(hashlib.sha256(raw).digest()).decode()[:_FINGERPRINT_CHARACTERS]
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def same_fingerprint(left: str, right: str) -> bool:
    """Compare fingerprints as people write them down: capitals, dashes and spaces do not matter."""
    return _plain(left) == _plain(right)


def _plain(text: str) -> str:
    return "".join(text.split()).replace("-", "").upper()


def _signed(purpose: Purpose, content: bytes) -> bytes:
    return b"juntos " + purpose.encode() + b"\n" + content
