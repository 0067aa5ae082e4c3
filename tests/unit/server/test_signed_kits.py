from __future__ import annotations

import pytest
import tomli_w
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.enrolment.hospitals import enrol
from server.enrolment.kits import new_token
from server.home import CoordinatorHome
from shared.enrolment import Kit, read_kit
from shared.errors import SettingsError
from shared.signatures import fingerprint, public_key_text


def test_a_kit_carries_the_coordinators_key(home: CoordinatorHome) -> None:
    first, second = read_kit(enrol(home, "lyon")), read_kit(enrol(home, "oslo"))
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint == fingerprint(home.signing_key().public_key())


@pytest.mark.parametrize("field", sorted(set(Kit.model_fields) - {"signature"}))
def test_a_changed_kit_is_refused(home: CoordinatorHome, field: str) -> None:
    path = enrol(home, "lyon")
    changes = {
        "address": "attacker.example:9092",
        "hospital": "oslo",
        "token": new_token(),
        "signing_key": public_key_text(Ed25519PrivateKey.generate().public_key()),
    }
    changed = read_kit(path).model_copy(update={field: changes.get(field, "changed")})
    path.write_text(tomli_w.dumps(changed.model_dump()))
    with pytest.raises(SettingsError, match="was changed after the coordinator signed it"):
        read_kit(path)


@pytest.mark.parametrize("field", ["signature", "signing_key"])
def test_an_unsigned_kit_is_refused(home: CoordinatorHome, field: str) -> None:
    path = enrol(home, "lyon")
    content = read_kit(path).model_dump()
    del content[field]
    path.write_text(tomli_w.dumps(content))
    with pytest.raises(SettingsError, match="is not signed"):
        read_kit(path)


@pytest.mark.parametrize("signature", ["é", "AAAA", "A" * 88])
def test_a_malformed_signature_is_refused(home: CoordinatorHome, signature: str) -> None:
    path = enrol(home, "lyon")
    changed = read_kit(path).model_copy(update={"signature": signature})
    path.write_text(tomli_w.dumps(changed.model_dump()))
    with pytest.raises(SettingsError, match="was changed"):
        read_kit(path)
