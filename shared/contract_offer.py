"""What a coordinator and a hospital say to each other about a version of the contract."""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field

from shared.contract import Contract
from shared.errors import ConnectionRefusedByPeerError
from shared.settings_file import StrictModel, parse
from shared.signatures import is_signed, sign

ContractHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ContractOffer(StrictModel):
    """``GET /v1/contract``: the current version, for a hospital to accept.

    Attributes
    ----------
    federation : str
    contract_toml : str
        As the coordinator published it.
    contract_hash : str
    published_at : str
        UTC, ISO 8601.
    signature : str
        Over all of the above by the key that signs kits and bundles, base64.
    """

    federation: str
    contract_toml: str
    contract_hash: ContractHash
    published_at: str
    signature: str = ""

    @property
    def signed_content(self) -> bytes:
        """What the signature is over."""
        fields = self.model_dump(exclude={"signature"})
        return json.dumps(fields, sort_keys=True, ensure_ascii=False).encode()

    def signed_by(self, key: Ed25519PrivateKey) -> ContractOffer:
        """Return the offer with its signature."""
        signature = base64.b64encode(sign(key, "contract", self.signed_content)).decode()
        return self.model_copy(update={"signature": signature})

    def verified(self, key: Ed25519PublicKey) -> Contract:
        """Return the contract, once it is certain that the coordinator published it.

        Raises
        ------
        ConnectionRefusedByPeerError
            When it is not as the holder of the key signed it, or is read differently here.
        """
        if not is_signed(key, "contract", self.signed_content, _decoded(self.signature)):
            raise ConnectionRefusedByPeerError(
                "The contract is not the one this federation's coordinator signed.",
                "Do not use it; ask the coordinator, on another channel.",
            )
        contract = parse(Contract, tomllib.loads(self.contract_toml), "The contract")
        if contract.hash != self.contract_hash:
            raise ConnectionRefusedByPeerError(
                "The coordinator reads its data contract differently.",
                "Install the coordinator's Juntos version.",
            )
        return contract


class Acceptance(StrictModel):
    """``POST /v1/contract/HASH/accept``: which version a hospital accepts from now on."""

    hospital: str
    contract_hash: ContractHash


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""
