"""Node keys and certificates of simulated hospitals, so that they can mask what they send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from client.joining import NodeKey
from client.secret_sum import RunKey
from client.secret_sum.taking_part import TakingPart
from server.enrolment.certificates import create_authority, read_signing_request, sign_hospital


@dataclass(frozen=True)
class SecretIdentity:
    """What one hospital needs; text only, so that it reaches other processes.

    Attributes
    ----------
    hospital, authority, certificate, key : str
        The last three as PEM.
    """

    hospital: str
    authority: str
    certificate: str
    key: str

    def taking_part(self) -> TakingPart:
        """Return the hospital's part in secret sums."""

        def run_key(run: str) -> RunKey:
            key = serialization.load_pem_private_key(self.key.encode(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise TypeError("a node key of another kind")
            return RunKey.create(run, self.hospital, key, self.certificate)

        return TakingPart(run_key, self.authority)


def secret_identities(hospitals: Iterable[str]) -> dict[str, SecretIdentity]:
    """Enrol hospitals with an authority that lives as long as this call."""
    authority = create_authority("Simulation")
    found = {}
    for name in hospitals:
        node = NodeKey.create()
        request = read_signing_request(node.signing_request(name))
        certificate = sign_hospital(authority, request, name)
        found[name] = SecretIdentity(
            hospital=name,
            authority=authority.certificate_pem,
            certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
            key=node.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        )
    return found
