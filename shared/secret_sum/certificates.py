"""Whether the federation's authority vouches for a hospital's key."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from shared.errors import ConnectionRefusedByPeerError, SettingsError


def certified_key(
    certificate: str, authority: str, hospital: str, at: datetime | None = None
) -> ec.EllipticCurvePublicKey:
    """Return a hospital's node key, if the authority vouches for it under that name.

    Parameters
    ----------
    certificate : str
        The hospital's, as PEM.
    authority : str
        The federation's authority, as PEM.
    hospital : str
        The name the certificate must be for.
    at : datetime, optional
        When it must be valid; now without it.

    Raises
    ------
    ConnectionRefusedByPeerError
        When the certificate is damaged, expired, of another authority, for another name, or none
        of a hospital.
    SettingsError
        When the authority's certificate is damaged.
    """
    found = _read(certificate, hospital)
    verifier = (
        PolicyBuilder()
        .store(Store([_read_authority(authority)]))
        .time(at or datetime.now(UTC))
        # A hospital's certificate names no address, which the policies of the web ask for; what it
        # must say is checked below.
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
        .build_client_verifier()
    )
    try:
        verifier.verify(found, [])
    except VerificationError:
        raise _refused(hospital, "is not valid under this federation's authority") from None
    return _key_of_hospital(found, hospital)


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """Return a key's SHA-256 fingerprint, as ``ssh-keygen -l -f keys/node.pub`` shows it.

    Returns
    -------
    str
        ``SHA256:`` and 43 characters of base64.
    """
    digest = serialization.ssh_key_fingerprint(key, hashes.SHA256())
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _read(certificate: str, hospital: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        raise _refused(hospital, "cannot be read") from None


def _read_authority(authority: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(authority.encode())
    except ValueError:
        raise SettingsError(
            "The federation's certificate is damaged.", "Restore ca.crt from a backup."
        ) from None


def _key_of_hospital(certificate: x509.Certificate, hospital: str) -> ec.EllipticCurvePublicKey:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [each.value for each in names] != [hospital]:
        raise _refused(hospital, "is for another name")
    if not _is_for_hospitals(certificate.extensions):
        raise _refused(hospital, "is not one of a hospital")
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        raise _refused(hospital, "has another kind of key than EC P-384")
    return key


def _is_for_hospitals(extensions: x509.Extensions) -> bool:
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return not constraints.ca and ExtendedKeyUsageOID.CLIENT_AUTH in usage


def _refused(hospital: str, why: str) -> ConnectionRefusedByPeerError:
    return ConnectionRefusedByPeerError(
        f"The certificate of hospital {hospital!r} {why}.",
        "Ask the coordinator which certificate that hospital was given.",
    )
