"""The federation's own certificate authority.

Hospitals trust this authority for the coordinator's address and nothing else; no public authority
takes part. A hospital's certificate is for a client only, so that no hospital can pass itself off
as the coordinator.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.enrolment.identity import Identity
from shared.errors import SettingsError

AUTHORITY_LIFETIME = timedelta(days=3650)
SERVER_LIFETIME = timedelta(days=397)
HOSPITAL_LIFETIME = timedelta(days=365)
# Clocks of hospitals may lag behind the coordinator's.
_BACKDATED = timedelta(minutes=10)


def create_authority(federation: str) -> Identity:
    """Make the federation's certificate authority, valid for ten years."""
    key = ec.generate_private_key(ec.SECP384R1())
    subject = common_name(f"Juntos {federation}"[:64])
    builder = (
        _certificate(subject, subject, key.public_key(), AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Identity(key, builder.sign(key, hashes.SHA384()))


def create_server_identity(authority: Identity, host: str) -> Identity:
    """Make the coordinator's TLS certificate.

    Parameters
    ----------
    host : str
        Name or IP address under which hospitals reach the coordinator. The loopback names are
        added: the SuperLink behind the door presents the same certificate.
    """
    key = ec.generate_private_key(ec.SECP384R1())
    return Identity(key, certify_server(authority, key.public_key(), host))


def certify_server(
    authority: Identity,
    key: ec.EllipticCurvePublicKey,
    host: str,
    lifetime: timedelta = SERVER_LIFETIME,
) -> x509.Certificate:
    """Certify the coordinator's key for a host; see `create_server_identity`."""
    names = list(dict.fromkeys([host, "localhost", "127.0.0.1"]))
    issuer = authority.certificate.subject
    builder = _certificate(common_name(host[:64]), issuer, key, lifetime).add_extension(
        x509.SubjectAlternativeName([_alternative_name(name) for name in names]), critical=False
    )
    return _signed(authority, builder, key, ExtendedKeyUsageOID.SERVER_AUTH)


def sign_hospital(
    authority: Identity, request: x509.CertificateSigningRequest, hospital: str
) -> x509.Certificate:
    """Certify a hospital's key for one year.

    Only the key is taken from the request; the name is the one the coordinator enrolled.
    """
    return certify_hospital(authority, requested_key(request), hospital)


def certify_hospital(
    authority: Identity,
    key: ec.EllipticCurvePublicKey,
    hospital: str,
    lifetime: timedelta = HOSPITAL_LIFETIME,
) -> x509.Certificate:
    """Certify a hospital's key, which the coordinator knows already."""
    subject = common_name(hospital)
    builder = _certificate(subject, authority.certificate.subject, key, lifetime)
    return _signed(authority, builder, key, ExtendedKeyUsageOID.CLIENT_AUTH)


def read_signing_request(text: str) -> x509.CertificateSigningRequest:
    """Read a signing request and check that its sender holds the key.

    Raises
    ------
    SettingsError
        When it is none, its signature is wrong, or its key is of another kind than EC P-384.
    """
    try:
        request = x509.load_pem_x509_csr(text.encode())
        valid = request.is_signature_valid
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError("The certificate signing request cannot be read.")
    requested_key(request)
    return request


def requested_key(request: x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey:
    """Return the key that a request is for."""
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        raise SettingsError("A hospital's key must be of the kind EC P-384.")
    return key


def common_name(name: str) -> x509.Name:
    """Return a distinguished name that has only a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    begin = datetime.now(UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + lifetime)
    )


def _signed(
    authority: Identity,
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePublicKey,
    purpose: x509.ObjectIdentifier,
) -> x509.Certificate:
    issuer_key = authority.key.public_key()
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
        .sign(authority.key, hashes.SHA384())
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
