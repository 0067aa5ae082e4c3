from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.errors import SettingsError
from shared.signatures import (
    SIGNATURE_BYTES,
    fingerprint,
    is_signed,
    public_key_text,
    read_public_key,
    same_fingerprint,
    sign,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def test_a_signature_is_for_one_content_key_and_purpose() -> None:
    public, signature = KEY.public_key(), sign(KEY, "kit", b"content")
    assert len(signature) == SIGNATURE_BYTES
    assert is_signed(public, "kit", b"content", signature)
    assert not is_signed(public, "bundle", b"content", signature)
    assert not is_signed(public, "kit", b"content.", signature)
    assert not is_signed(public, "kit", b"content", signature[:-1])
    assert not is_signed(Ed25519PrivateKey.generate().public_key(), "kit", b"content", signature)


def test_a_public_key_survives_as_text() -> None:
    text = public_key_text(KEY.public_key())
    assert text.startswith("ssh-ed25519 ")
    assert "\n" not in text
    assert read_public_key(text, "a file") == KEY.public_key()


@pytest.mark.parametrize("text", ["", "nonsense", "ssh-ed25519 AAAA", "elliptic"])
def test_what_is_no_key_is_named(text: str) -> None:
    if text == "elliptic":
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        text = other.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    with pytest.raises(SettingsError, match="a file holds no Ed25519 public key"):
        read_public_key(text, "a file")


def test_a_fingerprint_can_be_read_aloud() -> None:
    found = fingerprint(KEY.public_key())
    assert re.fullmatch(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}", found)
    assert found == fingerprint(read_public_key(public_key_text(KEY.public_key()), "it"))
    assert found != fingerprint(Ed25519PrivateKey.generate().public_key())
    assert same_fingerprint(found, found.lower().replace("-", " "))
    assert not same_fingerprint(found, found[:-1])
    assert not same_fingerprint(found, "")
