"""A private key and its certificate, as two files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

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
        write_private(
            key_path,
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )

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
