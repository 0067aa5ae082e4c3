"""Enrolled hospitals with keys from fixed seeds, so that every mask is the same in every test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from client.joining import NodeKey
from client.secret_sum import HospitalSums, RunKey
from server.enrolment.certificates import create_authority, read_signing_request, sign_hospital
from server.enrolment.identity import Identity
from shared.secret_sum import KeyOffer, SecretQuestion
from shared.secret_sum.key_offer import SIGNATURE_HASH, signed_content

RUN = "run-1"


def authority(federation: str = "Test") -> Identity:
    return _authority(federation)


def enrolled(hospital: str, federation: str = "Test") -> Identity:
    """Return a hospital's node key with its certificate, the same ones every time."""
    return _enrolled(hospital, federation)


@cache
def _authority(federation: str) -> Identity:
    return create_authority(federation)


@cache
def _enrolled(hospital: str, federation: str) -> Identity:
    return newly_enrolled(hospital, federation)


def newly_enrolled(hospital: str, federation: str = "Test") -> Identity:
    """Return a new key under a name that may have another already."""
    key = NodeKey.create()
    request = read_signing_request(key.signing_request(hospital))
    return Identity(key.key, sign_hospital(authority(federation), request, hospital))


def signed_offer(node: Identity, hospital: str, public_key: str, run: str = RUN) -> KeyOffer:
    """Sign whatever the test says."""
    content = signed_content(run, hospital, public_key)
    return KeyOffer(
        run=run,
        hospital=hospital,
        public_key=public_key,
        certificate=node.certificate_pem,
        signature=node.key.sign(content, ec.ECDSA(SIGNATURE_HASH)).hex(),
    )


def run_key(hospital: str, run: str = RUN) -> RunKey:
    seed = hashlib.sha256(f"{run}/{hospital}".encode()).digest()
    private = X25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw().hex()
    return RunKey(private, signed_offer(enrolled(hospital), hospital, public, run))


def hospital_sums(
    hospital: str, smallest: int = 2, pins: Mapping[str, str] | None = None
) -> HospitalSums:
    return HospitalSums(run_key(hospital), authority().certificate_pem, smallest, pins)


def cohort(names: Iterable[str], smallest: int = 2) -> dict[str, HospitalSums]:
    """Return hospitals that know each other's keys."""
    hospitals = {name: hospital_sums(name, smallest) for name in names}
    offers = [each.offer for each in hospitals.values()]
    for each in hospitals.values():
        assert each.accept(offers) == {}
    return hospitals


def question(name: str, members: Iterable[str], attempt: int = 0) -> SecretQuestion:
    return SecretQuestion(run=RUN, question=name, attempt=attempt, members=tuple(sorted(members)))
