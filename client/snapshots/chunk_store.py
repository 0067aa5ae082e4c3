"""Encrypted pieces of snapshots, each named by what it holds: what did not change is kept once."""

from __future__ import annotations

import hashlib
import hmac
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.enrolment import write_private
from shared.errors import DataError, SettingsError

KEY_BYTES = 32
NONCE_BYTES = 12


class ChunkStore:
    """A folder of pieces under AES-256-GCM (NIST SP 800-38D), by the node's own key.

    A piece's name is the HMAC of its content: whoever finds the folder cannot test guesses at what
    it holds, and a changed piece is refused.

    Parameters
    ----------
    folder : Path
    key : bytes
        Of 32 bytes.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        self._cipher = AESGCM(hmac.digest(key, b"encryption", "sha256"))

    def put(self, content: bytes) -> str:
        """Keep a piece, whole or not at all; return its name."""
        name = self._name(content)
        path = self._folder / name
        if path.exists():
            return name
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, content, name.encode())
        descriptor, partial = tempfile.mkstemp(dir=self._folder, prefix=".")
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
        return name

    def get(self, name: str) -> bytes:
        """Return a piece.

        Raises
        ------
        DataError
            When it is gone or was changed.
        """
        try:
            sealed = (self._folder / name).read_bytes()
            nonce, hidden = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return self._cipher.decrypt(nonce, hidden, name.encode())
        except FileNotFoundError:
            raise DataError(
                "A piece of this snapshot is gone.", "Restore snapshots/ from a backup."
            ) from None
        except (InvalidTag, ValueError):
            raise DataError(
                "A piece of this snapshot was changed, or the key is another one.",
                "Restore snapshots/ and keys/ from the same backup.",
            ) from None

    def keep_only(self, names: Collection[str]) -> int:
        """Remove all other pieces; return how many."""
        removed = 0
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            if path.name not in names:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _name(self, content: bytes) -> str:
        return hmac.digest(self._key, hashlib.sha256(content).digest(), "sha256").hex()


def snapshot_key(path: Path) -> bytes:
    """Return the node's key of snapshots; makes it the first time.

    Raises
    ------
    SettingsError
        When others can read it, or it is none.
    """
    if not path.exists():
        write_private(path, os.urandom(KEY_BYTES))
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"Others on this machine can read {path}.", f"Run: chmod go= {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path} is no key of snapshots.", "Restore it from a backup.")
    return key
