"""The coordinator's own keys: one with a certificate, as two files, and the one that signs."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.enrolment import write_private
from shared.errors import SettingsError


@dataclass(frozen=True)
class Identity:
    """A private key with the certificate of its public half."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def certificate_pem(self) -> str:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def save(self, certificate_path: Path, key_path: Path) -> None:
        """Write both files; only the owner can read the key."""
        certificate_path.write_text(self.certificate_pem, encoding="ascii")
        write_private(key_path, _pem(self.key))

    @classmethod
    def load(cls, certificate_path: Path, key_path: Path) -> Identity:
        """Read both files.

        Raises
        ------
        SettingsError
            When one is absent or damaged.
        """
        try:
            key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        except (OSError, ValueError, TypeError):
            raise SettingsError(
                f"{certificate_path} and {key_path.name} cannot be read.",
                "Restore the pki folder from a backup.",
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise SettingsError(f"{key_path} holds no elliptic curve key.")
        return cls(key, certificate)


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the key that signs kits and bundles; make it where there is none yet.

    Raises
    ------
    SettingsError
        When the file holds another kind of key or is damaged.
    """
    if not path.exists():
        _create_once(path, _pem(Ed25519PrivateKey.generate()))
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(
            f"{path} holds no Ed25519 key.", "Restore the pki folder from a backup."
        )
    return key


def _create_once(path: Path, content: bytes) -> None:
    # Two programs may need the first key at once: one of them makes it, and it appears whole.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_private(temporary, content)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()


def _pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
