from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from server.enrolment.certificates import common_name, create_server_identity
from server.enrolment.identity import Identity
from shared.errors import ConnectionRefusedByPeerError, SettingsError
from shared.secret_sum.certificates import certified_key, fingerprint
from tests.unit.shared.secret_sum.hospitals import authority, enrolled

AUTHORITY = authority().certificate_pem


def certificate_of(key: ec.EllipticCurvePrivateKey, *, usage: bool = True) -> str:
    """Let the real authority sign what it never would for a hospital."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(common_name("lyon"))
        .issuer_name(authority().certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if usage:
        client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(client, critical=False)
    return Identity(key, builder.sign(authority().key, hashes.SHA384())).certificate_pem


def test_a_hospitals_certificate_gives_its_key() -> None:
    node = enrolled("lyon")
    assert certified_key(node.certificate_pem, AUTHORITY, "lyon") == node.key.public_key()


def test_a_certificate_of_another_authority_of_the_same_name_is_refused() -> None:
    foreign = Identity(enrolled("lyon").key, enrolled("lyon", "Other").certificate)
    with pytest.raises(ConnectionRefusedByPeerError, match="not valid under"):
        certified_key(foreign.certificate_pem, AUTHORITY, "lyon")


def test_a_certificate_for_another_name_is_refused() -> None:
    with pytest.raises(ConnectionRefusedByPeerError, match=r"'oslo' is for another name"):
        certified_key(enrolled("lyon").certificate_pem, AUTHORITY, "oslo")


@pytest.mark.parametrize("days", [-2, 366])
def test_a_certificate_out_of_its_time_is_refused(days: int) -> None:
    when = datetime.now(UTC) + timedelta(days=days)
    with pytest.raises(ConnectionRefusedByPeerError, match="not valid under"):
        certified_key(enrolled("lyon").certificate_pem, AUTHORITY, "lyon", when)


def test_the_coordinators_own_certificate_is_none_of_a_hospital() -> None:
    server = create_server_identity(authority(), "lyon")
    with pytest.raises(ConnectionRefusedByPeerError, match="not one of a hospital"):
        certified_key(server.certificate_pem, AUTHORITY, "lyon")


def test_the_authority_is_no_hospital() -> None:
    with pytest.raises(ConnectionRefusedByPeerError, match="not one of a hospital"):
        certified_key(AUTHORITY, AUTHORITY, "Juntos Test")


def test_a_certificate_that_does_not_say_what_it_is_for_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(ConnectionRefusedByPeerError, match="not one of a hospital"):
        certified_key(certificate_of(key, usage=False), AUTHORITY, "lyon")


def test_another_kind_of_key_is_refused() -> None:
    certified_key(certificate_of(ec.generate_private_key(ec.SECP384R1())), AUTHORITY, "lyon")
    with pytest.raises(ConnectionRefusedByPeerError, match="P-384"):
        certified_key(certificate_of(ec.generate_private_key(ec.SECP256R1())), AUTHORITY, "lyon")


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ConnectionRefusedByPeerError, match="cannot be read"):
        certified_key("-----BEGIN CERTIFICATE-----\nAAAA\n", AUTHORITY, "lyon")
    with pytest.raises(SettingsError, match="damaged"):
        certified_key(enrolled("lyon").certificate_pem, "nothing", "lyon")


def test_the_fingerprint_is_the_one_that_openssh_shows() -> None:
    key = enrolled("lyon").key.public_key()
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    assert fingerprint(key) == "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
