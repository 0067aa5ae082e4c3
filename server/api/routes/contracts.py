"""``/v1/contracts``: the data contract as it changes, and which hospital accepted what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import PlainTextResponse

from server.api.bodies.contracts import (
    ContractList,
    ContractText,
    ContractVersion,
    ProposalBody,
    PublishedBody,
)
from server.api.caller import Caller, acting, having
from server.api.failures import absent
from server.api.given import Named
from server.api.repeatable import RepeatableRoute, idempotency_key
from server.contracts.proposing import proposal_of, publish
from server.contracts.store import StoredContract
from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome
from shared.http.described_problems import problems

Viewer = Annotated[Caller, Depends(having("viewer"))]
Coordinator = Annotated[Caller, Depends(having("coordinator"))]
REPEATABLE = [Depends(idempotency_key)]


def contracts(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of the contract."""
    router = APIRouter(tags=["contracts"], route_class=RepeatableRoute)
    store = home.contracts()

    def read(version: str) -> StoredContract:
        found = store.of_version(version)
        if found is None:
            raise absent("contract", version)
        return found

    @router.get("/v1/contracts", responses=problems())
    def versions(_caller: Viewer) -> ContractList:
        """List published versions, and proposals, with the hospitals that accepted each."""
        names, current = hospital_names(home.engine()).values(), store.current()
        return ContractList(
            contracts=[
                ContractVersion.of(each, current, store.accepted(each.hash, names))
                for each in store.all()
            ]
        )

    @router.get(
        "/v1/contracts/{version}", response_class=PlainTextResponse, responses=problems(404)
    )
    def text(_caller: Viewer, version: Named) -> PlainTextResponse:
        """Return a version as its author wrote it: TOML."""
        return PlainTextResponse(read(version).text)

    @router.post("/v1/contracts", status_code=201, responses=problems(409), dependencies=REPEATABLE)
    def propose(request: Request, caller: Coordinator, wanted: ContractText) -> ProposalBody:
        """Check a new version against the current one, say what it changes, and keep it."""
        with acting(request, caller, "contract.propose"):
            proposal = proposal_of(home, wanted.text, "The text")
            store.propose(proposal.contract, proposal.text)
        return ProposalBody.of(proposal)

    @router.post(
        "/v1/contracts/{version}/publish", responses=problems(404, 409), dependencies=REPEATABLE
    )
    def make_current(request: Request, caller: Coordinator, version: Named) -> PublishedBody:
        """Make a proposal the federation's contract; each hospital accepts it for itself."""
        text = read(version).text
        with acting(request, caller, "contract.publish", version):
            waiting = publish(home, proposal_of(home, text, f"Version {version}"))
        return PublishedBody(version=version, waiting=waiting)

    return router
