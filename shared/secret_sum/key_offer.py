"""A hospital's public key for the secret sums of a run, and who vouches for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from pydantic import Field

from shared.enrolment import HospitalName
from shared.errors import ConnectionRefusedByPeerError
from shared.secret_sum.certificates import certified_key, fingerprint
from shared.secret_sum.framing import framed
from shared.settings_file import StrictModel

SIGNATURE_HASH = hashes.SHA384()


class KeyOffer(StrictModel):
    """What every hospital tells all others once a run, by way of the coordinator.

    Attributes
    ----------
    run : str
        The run the key is for, and no other.
    hospital : str
    public_key : str
        X25519, 32 bytes as hexadecimal digits.
    certificate : str
        PEM; the authority's word for the hospital's node key.
    signature : str
        ECDSA with SHA-384 by the node key over `signed_content`, as hexadecimal digits.
    """

    run: Annotated[str, Field(min_length=1, max_length=200)]
    hospital: HospitalName
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    certificate: Annotated[str, Field(max_length=16_384)]
    signature: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,128}$")]


def signed_content(run: str, hospital: str, public_key: str) -> bytes:
    """Return what a hospital signs with its node key."""
    return framed("juntos secret sum: key of a run", run, hospital, public_key)


def verified_key(
    offer: KeyOffer,
    run: str,
    authority: str,
    pins: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> X25519PublicKey:
    """Return the key that a hospital offers for a run, if it is that hospital's own.

    Parameters
    ----------
    offer : KeyOffer
        As the coordinator passed it on.
    run : str
        The run that asks.
    authority : str
        PEM of the federation's authority.
    pins : mapping of str to str, optional
        Fingerprint of each hospital's node key (`certificates.fingerprint`), learned from the
        hospitals and not from the coordinator. The coordinator holds the authority and could
        certify hospitals that it invented, of which it knows the masks; with pins only those named
        here count. Without, the coordinator is trusted to enrol real hospitals.
    at : datetime, optional
        When the certificate must be valid; now without it.

    Raises
    ------
    ConnectionRefusedByPeerError
        When the offer is for another run, its certificate is not good, its key is not the pinned
        one, or its signature is wrong.
    """
    if offer.run != run:
        raise _refused(offer, "is for another run")
    node_key = certified_key(offer.certificate, authority, offer.hospital, at)
    if pins is not None and pins.get(offer.hospital) != fingerprint(node_key):
        raise _refused(offer, "is signed by another node key than the one pinned here")
    content = signed_content(offer.run, offer.hospital, offer.public_key)
    try:
        node_key.verify(bytes.fromhex(offer.signature), content, ec.ECDSA(SIGNATURE_HASH))
    except InvalidSignature:
        raise _refused(offer, "has a wrong signature") from None
    return X25519PublicKey.from_public_bytes(bytes.fromhex(offer.public_key))


def _refused(offer: KeyOffer, why: str) -> ConnectionRefusedByPeerError:
    return ConnectionRefusedByPeerError(
        f"The key that hospital {offer.hospital!r} offers for secret sums {why}.",
        "Ask that hospital, not the coordinator, for the fingerprint of its keys/node.pub.",
    )
