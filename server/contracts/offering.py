"""Offering the current contract to hospitals, at the coordinator's door."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from server.fleet_authentication import Members
from server.home import CoordinatorHome
from shared.contract_offer import Acceptance, ContractOffer

log = logging.getLogger("juntos.coordinator")


def add_contract(door: FastAPI, home: CoordinatorHome, members: Members) -> None:
    """Add what members may ask about the contract; the node's key signs each call, as for Flower.

    Both are plain functions, which the door runs in threads: they wait for the database.
    """

    @door.get("/v1/contract")
    def contract(request: Request) -> ContractOffer:
        member(members, request)
        return current_offer(home)

    # The version stands in the path: nobody's body is read.
    @door.post("/v1/contract/{contract_hash}/accept")
    def accept(request: Request, contract_hash: str) -> Acceptance:
        hospital = member(members, request)
        current = home.contracts().current()
        if contract_hash != current.hash:
            raise HTTPException(409, "This is not the current version of the contract.")
        home.contracts().accept(hospital, current.hash)
        log.info("%s accepted contract %s", hospital, current.version)
        return Acceptance(hospital=hospital, contract_hash=current.hash)


def member(members: Members, request: Request) -> str:
    """Return the hospital that a call comes from.

    Raises
    ------
    HTTPException
        When it carries no member's fresh signature.
    """
    hospital = members.holder(request.headers)
    if hospital is None:
        why = members.outside(request.headers)
        raise HTTPException(401, why or "The coordinator does not know this node's key.")
    return hospital


def current_offer(home: CoordinatorHome) -> ContractOffer:
    """Return the current version, signed."""
    current = home.contracts().current()
    offer = ContractOffer(
        federation=home.settings.name,
        contract_toml=current.text,
        contract_hash=current.hash,
        published_at=current.published_at or "",
    )
    return offer.signed_by(home.signing_key())
