"""The contract that the coordinator offers: asked for, and its signature looked at."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from pydantic import ValidationError

from client.contracts.node_signature import signed_headers
from client.coordinator_connection import ask, open_connection
from client.home import NodeHome
from shared.contract import Contract
from shared.contract_offer import ContractOffer
from shared.errors import ConnectionRefusedByPeerError


@dataclass(frozen=True)
class OfferedContract:
    """What the coordinator published last, verified.

    Attributes
    ----------
    text : str
        TOML.
    """

    contract: Contract
    text: str
    published_at: str


def offered_contract(home: NodeHome) -> OfferedContract:
    """Ask the coordinator for the federation's current contract.

    Raises
    ------
    ConnectionRefusedByPeerError
        When it cannot be reached, does not know this node, or what comes is not signed by it.
    """
    with _connection(home) as client:
        answer = ask(client, "GET", "/v1/contract", headers=signed_headers(home))
    try:
        offer = ContractOffer.model_validate(answer)
    except ValidationError:
        raise ConnectionRefusedByPeerError(
            "The coordinator's answer cannot be read.", "Install the coordinator's Juntos version."
        ) from None
    contract = offer.verified(home.coordinator_key())
    return OfferedContract(contract, offer.contract_toml, offer.published_at)


def tell_accepted(home: NodeHome, contract: Contract) -> None:
    """Tell the coordinator that this hospital follows a version from now on.

    Raises
    ------
    ConnectionRefusedByPeerError
        When it cannot be reached, or another version is current by now.
    """
    path = f"/v1/contract/{contract.hash}/accept"
    with _connection(home) as client:
        ask(client, "POST", path, headers=signed_headers(home))


def _connection(home: NodeHome) -> httpx.Client:
    authority = home.authority_certificate.read_text(encoding="ascii")
    return open_connection(home.settings.coordinator, authority)
