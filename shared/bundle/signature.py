"""The coordinator's signature of a bundle: over the manifest, which holds every file's hash."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import BundleError
from shared.signatures import is_signed, sign

SIGNATURE = "manifest.signature"


def sign_manifest(key: Ed25519PrivateKey, manifest: bytes) -> bytes:
    """Return the content of the signature's file.

    Parameters
    ----------
    manifest : bytes
        The manifest's file, byte for byte.
    """
    return sign(key, "bundle", manifest)


def check_signature(key: Ed25519PublicKey, manifest: bytes, signature: bytes | None) -> None:
    """Refuse a manifest that this key did not sign.

    Parameters
    ----------
    manifest, signature : bytes
        The two files, byte for byte; None where there is no signature.

    Raises
    ------
    BundleError
    """
    if signature is None:
        raise BundleError("The bundle is not signed.", "Use a bundle that the coordinator signed.")
    if not is_signed(key, "bundle", manifest, signature):
        raise BundleError(
            "The bundle is not the one this federation's coordinator signed.",
            "Do not use it; fetch it again from the coordinator.",
        )
