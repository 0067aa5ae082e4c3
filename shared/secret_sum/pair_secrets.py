"""What two hospitals know and nobody else: a secret for the run, a seed for each question."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from shared.secret_sum.framing import framed
from shared.secret_sum.question import SecretQuestion

SEED_BYTES = 32


def pair_secret(
    own: tuple[str, X25519PrivateKey], other: tuple[str, X25519PublicKey], run: str
) -> bytes:
    """Agree with another hospital; both get the same 32 bytes.

    X25519 (RFC 7748), then HKDF-SHA256 (RFC 5869) bound to the run, both names and both public
    keys.

    Raises
    ------
    ValueError
        When the other's key is one that makes the secret known to everybody.
    """
    (own_name, private), (other_name, public) = own, other
    parties = sorted([(own_name, private.public_key()), (other_name, public)], key=lambda p: p[0])
    bound = [part for name, key in parties for part in (name.encode(), key.public_bytes_raw())]
    info = framed("juntos secret sum: pair", run, *bound)
    shared = private.exchange(public)
    return HKDF(hashes.SHA256(), SEED_BYTES, salt=None, info=info).derive(shared)


def mask_seed(secret: bytes, question: SecretQuestion) -> bytes:
    """Return the seed of a pair's mask for one attempt at one question with one list of members.

    HKDF-Expand of the pair's secret: one seed tells nothing of another.
    """
    attempt = question.attempt.to_bytes(4, "big")
    info = framed("juntos secret sum: mask", question.question, attempt, question.members_digest)
    return HKDFExpand(hashes.SHA256(), SEED_BYTES, info).derive(secret)
