"""Contents under the node's own key."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from client.audit.errors import BrokenAuditError
from shared.enrolment import write_private
from shared.errors import SettingsError

KEY_BYTES = 32
NONCE_BYTES = 12
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one JSON text of a mapping: sorted keys, no spaces, ASCII."""
    return _CANONICAL.encode(content).encode("ascii")


def digest(patient: str, sealed: bytes) -> str:
    """Return the SHA-256 of contents that their entry keeps.

    It is of the encrypted bytes, of which no two are alike: what is erased cannot be guessed from
    it, and whoever checks the chains needs no key.
    """
    return hashlib.sha256(patient.encode() + b"\n" + sealed).hexdigest()


class Vault:
    """AES-256-GCM (NIST SP 800-38D) over compressed JSON.

    Parameters
    ----------
    key : bytes
        Of 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key, b"audit", "sha256"))

    def seal(self, name: str, content: Mapping[str, Any]) -> bytes:
        """Return the content encrypted; it can be read under the same name only."""
        nonce = os.urandom(NONCE_BYTES)
        plain = zlib.compress(msgspec.json.encode(content), level=1)
        return nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def open(self, name: str, sealed: bytes) -> dict[str, Any]:
        """Return what was sealed.

        Raises
        ------
        BrokenAuditError
            When it was changed, or sealed under another key.
        """
        try:
            nonce, hidden = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            plain = self._cipher.decrypt(nonce, hidden, name.encode())
        except (InvalidTag, ValueError):
            raise BrokenAuditError(
                f"The contents of entry {name} were changed, or the key is another one.",
                "Restore the node's database and keys/ from the same backup.",
            ) from None
        content: dict[str, Any] = msgspec.json.decode(zlib.decompress(plain))
        return content


def audit_key(path: Path) -> bytes:
    """Return the node's key of the audit store; makes it the first time.

    Raises
    ------
    SettingsError
        When others can read it, or it is none.
    """
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"Others on this machine can read {path}.", f"Run: chmod go= {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path} is no key of the audit store.", "Restore it from a backup.")
    return key


def _create(path: Path) -> None:
    """Make a key, on the disk before anything is sealed by it; the first process's stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_private(own, secrets.token_bytes(KEY_BYTES))
    try:
        _flush(own)
        os.link(own, path)
        _flush(path.parent)
    except FileExistsError:
        pass
    finally:
        own.unlink()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
