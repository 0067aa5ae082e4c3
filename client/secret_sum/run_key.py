"""The key pair with which a hospital takes part in the secret sums of one run."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from client.home import NodeHome
from shared.errors import SettingsError
from shared.secret_sum.key_offer import SIGNATURE_HASH, KeyOffer, signed_content


@dataclass(frozen=True)
class RunKey:
    """A key pair of one run; the private half is in this process's memory and nowhere else.

    Attributes
    ----------
    private : X25519PrivateKey
    offer : KeyOffer
        What the other hospitals get.
    """

    private: X25519PrivateKey
    offer: KeyOffer

    @classmethod
    def create(
        cls, run: str, hospital: str, node_key: ec.EllipticCurvePrivateKey, certificate: str
    ) -> RunKey:
        """Make a new pair and sign its public half.

        Parameters
        ----------
        node_key : EllipticCurvePrivateKey
            The key the hospital enrolled with.
        certificate : str
            PEM; the authority's word for it.
        """
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw().hex()
        content = signed_content(run, hospital, public)
        offer = KeyOffer(
            run=run,
            hospital=hospital,
            public_key=public,
            certificate=certificate,
            signature=node_key.sign(content, ec.ECDSA(SIGNATURE_HASH)).hex(),
        )
        return cls(private, offer)


def node_run_key(home: NodeHome, run: str) -> RunKey:
    """Make a pair for a run, signed with the key of a node's folder.

    Raises
    ------
    SettingsError
        When the node's key or certificate cannot be read.
    """
    try:
        key = serialization.load_ssh_private_key(home.private_key.read_bytes(), None)
        certificate = home.certificate.read_text(encoding="ascii")
    except (OSError, ValueError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsError(
            f"The node's key or certificate in {home.keys} cannot be read.",
            "Restore the folder from a backup, or ask the coordinator for a new kit.",
        )
    return RunKey.create(run, home.settings.hospital, key, certificate)
