"""What the door says of the contract, and to whom."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from client.joining import NodeKey
from server.home import CoordinatorHome
from shared.contract_offer import ContractOffer
from shared.errors import ConnectionRefusedByPeerError
from tests.unit.server.contracts.test_store import NEXT, text
from tests.unit.server.test_door import joined, signed_headers, superlink, visitor
from tests.unit.shared.contract_changes.versions import HEART

__all__ = ["superlink", "visitor"]


def offer(visitor: TestClient, key: NodeKey) -> ContractOffer:
    answer = visitor.get("/v1/contract", headers=signed_headers(key))
    assert answer.status_code == 200
    return ContractOffer.model_validate_json(answer.content)


def test_a_member_gets_the_current_contract_signed(
    visitor: TestClient, home: CoordinatorHome
) -> None:
    key = joined(visitor, home)
    coordinator = home.signing_key().public_key()
    assert offer(visitor, key).verified(coordinator) == HEART
    home.contracts().publish(NEXT, text(NEXT))
    assert offer(visitor, key).verified(coordinator) == NEXT
    assert visitor.get("/v1/status").json()["contract_hash"] == NEXT.hash


def test_what_is_not_as_it_was_signed_is_refused(
    visitor: TestClient, home: CoordinatorHome
) -> None:
    genuine = offer(visitor, joined(visitor, home))
    coordinator = home.signing_key().public_key()
    stranger = Ed25519PrivateKey.generate()
    for wrong in (
        genuine.model_copy(update={"contract_toml": text(NEXT)}),
        genuine.model_copy(update={"contract_hash": NEXT.hash}),
        genuine.model_copy(update={"federation": "Other"}),
        genuine.model_copy(update={"signature": ""}),
        genuine.model_copy(update={"signature": "no base64"}),
        genuine.signed_by(stranger),
    ):
        with pytest.raises(ConnectionRefusedByPeerError, match="coordinator signed"):
            wrong.verified(coordinator)
    misread = genuine.model_copy(update={"contract_hash": "0" * 64})
    with pytest.raises(ConnectionRefusedByPeerError, match="differently"):
        misread.signed_by(home.signing_key()).verified(coordinator)


def test_a_hospital_accepts_in_its_own_name(visitor: TestClient, home: CoordinatorHome) -> None:
    key = joined(visitor, home)
    assert home.contracts().accepted(HEART.hash, ["lyon", "oslo"]) == {"lyon", "oslo"}
    home.contracts().publish(NEXT, text(NEXT))
    answer = visitor.post(f"/v1/contract/{NEXT.hash}/accept", headers=signed_headers(key))
    assert answer.json() == {"hospital": "lyon", "contract_hash": NEXT.hash}
    assert home.contracts().accepted(NEXT.hash, ["lyon", "oslo"]) == {"lyon"}


def test_only_the_current_version_can_be_accepted(
    visitor: TestClient, home: CoordinatorHome
) -> None:
    key = joined(visitor, home)
    home.contracts().publish(NEXT, text(NEXT))
    answer = visitor.post(f"/v1/contract/{HEART.hash}/accept", headers=signed_headers(key))
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("shift", [None, 600, -3600])
def test_strangers_and_old_signatures_get_nothing(
    visitor: TestClient, home: CoordinatorHome, shift: float | None
) -> None:
    key = joined(visitor, home)
    home.contracts().publish(NEXT, text(NEXT))
    headers = (
        signed_headers(NodeKey.create()) if shift is None else signed_headers(key, seconds=shift)
    )
    for call in (visitor.get, visitor.post):
        path = "/v1/contract" if call == visitor.get else f"/v1/contract/{NEXT.hash}/accept"
        assert call(path, headers=headers).status_code == 401
        assert call(path).status_code == 401
    assert home.contracts().accepted(NEXT.hash, ["lyon"]) == set()


def test_who_joins_gets_the_current_contract_and_has_accepted_it(
    visitor: TestClient, home: CoordinatorHome
) -> None:
    home.contracts().publish(NEXT, text(NEXT))
    key = joined(visitor, home)
    assert home.contracts().accepted(NEXT.hash, ["lyon"]) == {"lyon"}
    assert offer(visitor, key).contract_hash == NEXT.hash
