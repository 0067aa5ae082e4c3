"""The coordinator's certificate is renewed while nothing is going on, and then served."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from server.enrolment.certificates import certify_server
from server.enrolment.identity import Identity
from server.home import CoordinatorHome
from server.scheduling.queue import RunQueue
from server.service.certificate_part import CertificatePart
from shared.run_settings import RunSettings
from shared.supervision.part import PartState, now


class Serving:
    """Something that serves with the certificate."""

    name = "door"
    state = PartState("up", now())

    def __init__(self) -> None:
        self.stopped = 0

    def step(self) -> None:
        """Go on."""

    def stop(self) -> None:
        """Count."""
        self.stopped += 1


@pytest.fixture
def old(home: CoordinatorHome) -> bytes:
    """A certificate that soon ends."""
    key = Identity.load(home.server_certificate, home.server_key).key.public_key()
    soon = certify_server(home.authority(), key, "127.0.0.1", timedelta(minutes=12))
    content = soon.public_bytes(Encoding.PEM)
    home.server_certificate.write_bytes(content)
    return content


def test_it_is_renewed_and_what_serves_with_it_starts_again(
    home: CoordinatorHome, old: bytes
) -> None:
    serving, said = Serving(), list[str]()
    part = CertificatePart(home, [serving], said.append)
    part.step()
    part.step()
    assert (serving.stopped, said) == (1, [])
    renewed = x509.load_pem_x509_certificate(home.server_certificate.read_bytes())
    assert home.server_certificate.read_bytes() != old
    assert (renewed.not_valid_after_utc - renewed.not_valid_before_utc).days == 397
    assert Identity.load(home.server_certificate, home.server_key)


def test_a_run_is_not_disturbed(home: CoordinatorHome, old: bytes) -> None:
    RunQueue(home.engine()).begin("learn", "Now.", "ana", RunSettings(), "hash")
    serving = Serving()
    CertificatePart(home, [serving], lambda _text: None).step()
    assert serving.stopped == 0
    assert home.server_certificate.read_bytes() == old


def test_what_keeps_it_from_being_renewed_is_said(home: CoordinatorHome, old: bytes) -> None:
    assert old
    (home.path / "pki" / "ca.key").unlink()
    serving, said = Serving(), list[str]()
    CertificatePart(home, [serving], said.append).step()
    assert serving.stopped == 0
    assert "cannot be renewed" in said[0]
