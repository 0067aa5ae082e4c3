from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from server.enrolment.identity import Identity
from shared.errors import ConnectionRefusedByPeerError
from shared.secret_sum import KeyOffer
from shared.secret_sum.certificates import fingerprint
from shared.secret_sum.key_offer import verified_key
from tests.unit.shared.secret_sum.hospitals import (
    RUN,
    authority,
    enrolled,
    newly_enrolled,
    run_key,
    signed_offer,
)

AUTHORITY = authority().certificate_pem


def refusal(offer: KeyOffer, run: str = RUN, pins: dict[str, str] | None = None) -> str:
    with pytest.raises(ConnectionRefusedByPeerError) as caught:
        verified_key(offer, run, AUTHORITY, pins)
    return caught.value.what


def fresh_key() -> str:
    return X25519PrivateKey.generate().public_key().public_bytes_raw().hex()


def test_an_honest_offer_survives_the_wire() -> None:
    key = run_key("lyon")
    read = KeyOffer.model_validate_json(key.offer.model_dump_json())
    assert verified_key(read, RUN, AUTHORITY) == key.private.public_key()


def test_a_key_put_in_by_the_coordinator_is_refused() -> None:
    forged = run_key("lyon").offer.model_copy(update={"public_key": fresh_key()})
    assert "wrong signature" in refusal(forged)


def test_an_offer_of_another_run_is_refused_also_when_it_is_renamed() -> None:
    replayed = run_key("lyon", run="run-0").offer
    assert "another run" in refusal(replayed)
    assert "wrong signature" in refusal(replayed.model_copy(update={"run": RUN}))


def test_an_offer_under_another_name_is_refused() -> None:
    renamed = run_key("lyon").offer.model_copy(update={"hospital": "oslo"})
    assert "another name" in refusal(renamed)
    # Even with oslo's own certificate: lyon's signature is not oslo's.
    borrowed = renamed.model_copy(update={"certificate": enrolled("oslo").certificate_pem})
    assert "wrong signature" in refusal(borrowed)


def test_a_hospital_cannot_sign_for_another() -> None:
    thief = Identity(enrolled("lyon").key, enrolled("oslo").certificate)
    assert "wrong signature" in refusal(signed_offer(thief, "oslo", fresh_key()))


def test_an_offer_under_another_authority_is_refused() -> None:
    stranger = signed_offer(enrolled("lyon", "Other"), "lyon", fresh_key())
    assert "not valid under" in refusal(stranger)


def test_pins_catch_a_hospital_whose_certificate_the_coordinator_made_for_itself() -> None:
    pins = {"lyon": fingerprint(enrolled("lyon").key.public_key())}
    honest = run_key("lyon").offer
    verified_key(honest, RUN, AUTHORITY, pins)
    # The same name, certified by the real authority, with a key that only the coordinator holds.
    impostor = signed_offer(newly_enrolled("lyon"), "lyon", honest.public_key)
    verified_key(impostor, RUN, AUTHORITY)
    assert "pinned" in refusal(impostor, pins=pins)


def test_pins_catch_a_hospital_that_nobody_knows() -> None:
    invented = run_key("invented").offer
    verified_key(invented, RUN, AUTHORITY)
    assert "pinned" in refusal(invented, pins={})
