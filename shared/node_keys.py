"""What people compare of a node's key."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import serialization

SHOWN = 32


def key_fingerprint(openssh: str) -> str:
    """Return the first half of the SHA-256 of a public key, in groups of four.

    A coordinator and a hospital compare it by phone before the hospital is let in.
    """
    key = serialization.load_ssh_public_key(openssh.encode())
    content = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashlib.sha256(content).hexdigest()[:SHOWN]
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))
