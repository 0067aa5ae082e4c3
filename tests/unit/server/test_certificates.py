from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from client.joining import NodeKey
from server.enrolment.certificates import (
    create_authority,
    create_server_identity,
    read_signing_request,
    sign_hospital,
)
from server.enrolment.identity import Identity
from shared.errors import SettingsError


@pytest.fixture(scope="module")
def authority() -> Identity:
    return create_authority("Test")


def lifetime(certificate: x509.Certificate) -> timedelta:
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc


def signed_hospital(authority: Identity, hospital: str) -> x509.Certificate:
    request = read_signing_request(NodeKey.create().signing_request("whatever the sender says"))
    return sign_hospital(authority, request, hospital)


def test_the_authority_lasts_ten_years_and_signs_no_other_authority(authority: Identity) -> None:
    constraints = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    assert constraints.value.path_length == 0
    assert lifetime(authority.certificate) == timedelta(days=3650)
    assert isinstance(authority.key.curve, ec.SECP384R1)


@pytest.mark.parametrize("host", ["federation.example.org", "192.0.2.7", "2001:db8::1"])
def test_the_server_certificate_is_valid_for_its_address(authority: Identity, host: str) -> None:
    server = create_server_identity(authority, host)
    names = server.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = names.get_values_for_type(x509.DNSName) + [
        str(each) for each in names.get_values_for_type(x509.IPAddress)
    ]
    assert found.count(host) == 1
    assert {"localhost", "127.0.0.1"} <= set(found)
    server.certificate.verify_directly_issued_by(authority.certificate)


def test_a_standard_verifier_accepts_the_server_certificate(authority: Identity) -> None:
    server = create_server_identity(authority, "federation.example.org")
    verifier = (
        PolicyBuilder()
        .store(Store([authority.certificate]))
        .time(datetime.now(UTC))
        .build_server_verifier(x509.DNSName("federation.example.org"))
    )
    assert len(verifier.verify(server.certificate, [])) == 2


def test_a_hospital_gets_one_year_under_the_name_it_was_enrolled_with(authority: Identity) -> None:
    certificate = signed_hospital(authority, "lyon")
    assert certificate.subject.rfc4514_string() == "CN=lyon"
    assert lifetime(certificate) == timedelta(days=365)
    certificate.verify_directly_issued_by(authority.certificate)


def test_a_hospital_cannot_pass_for_the_coordinator(authority: Identity) -> None:
    extensions = signed_hospital(authority, "lyon").extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    with pytest.raises(x509.ExtensionNotFound):
        extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_a_request_with_another_kind_of_key_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    text = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(SettingsError, match="P-384"):
        read_signing_request(text)


def test_a_request_whose_signature_is_wrong_is_refused() -> None:
    request = x509.load_pem_x509_csr(NodeKey.create().signing_request("lyon").encode())
    content = request.public_bytes(serialization.Encoding.DER)
    changed = content.replace(b"lyon", b"oslo")
    text = ssl.DER_cert_to_PEM_cert(changed).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_signing_request(text)


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"])
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        read_signing_request(text)


def test_only_the_owner_can_read_the_key(authority: Identity, tmp_path: Path) -> None:
    authority.save(tmp_path / "ca.crt", tmp_path / "ca.key")
    assert stat.S_IMODE((tmp_path / "ca.key").stat().st_mode) == 0o600
    again = Identity.load(tmp_path / "ca.crt", tmp_path / "ca.key")
    assert again.certificate == authority.certificate


def test_a_damaged_key_is_named_without_its_content(authority: Identity, tmp_path: Path) -> None:
    authority.save(tmp_path / "ca.crt", tmp_path / "ca.key")
    (tmp_path / "ca.key").write_text("secret that is damaged")
    with pytest.raises(SettingsError, match=r"ca\.key cannot be read") as caught:
        Identity.load(tmp_path / "ca.crt", tmp_path / "ca.key")
    assert "secret" not in str(caught.value)
