"""Versions of the data contract, in requests and answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from server.contracts.proposing import Proposal
from server.contracts.store import StoredContract
from shared.contract_changes import Change
from shared.settings_file import StrictModel


class ContractVersion(StrictModel):
    """One version."""

    version: str
    state: Literal["current", "earlier", "proposed"]
    hash: str
    proposed_at: str
    published_at: str | None
    accepted: list[str] = Field(description="Hospitals that accepted it.")

    @classmethod
    def of(
        cls, found: StoredContract, current: StoredContract, accepted: Collection[str]
    ) -> ContractVersion:
        """Return a version as the list has it."""
        state: Literal["current", "earlier", "proposed"] = "earlier"
        if found.hash == current.hash:
            state = "current"
        elif found.number is None:
            state = "proposed"
        return cls(
            version=found.version,
            state=state,
            hash=found.hash,
            proposed_at=found.proposed_at,
            published_at=found.published_at,
            accepted=sorted(accepted),
        )


class ContractList(StrictModel):
    """Published versions in their order, then proposals."""

    contracts: list[ContractVersion]


class ContractText(StrictModel):
    """A contract to propose."""

    text: str = Field(min_length=1, description="TOML, as its author wrote it.")


class ProposalBody(StrictModel):
    """What a version would change."""

    version: str
    hash: str
    changes: list[Change] = Field(description="Since the current version.")

    @classmethod
    def of(cls, proposal: Proposal) -> ProposalBody:
        """Return a proposal with what it changes."""
        contract = proposal.contract
        return cls(version=contract.version, hash=contract.hash, changes=proposal.changes)


class PublishedBody(StrictModel):
    """A version that became the current one."""

    version: str
    waiting: list[str] = Field(description="Hospitals that runs leave out until they accept it.")
