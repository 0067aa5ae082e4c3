"""``/v1/federation``, ``/v1/me``, ``/v1/drift``: how everything stands, and who asks."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from server.api.bodies.federation import (
    ContractBody,
    FederationBody,
    NoticeBody,
    NoticeList,
    WaitingBody,
    WatchBody,
    WatchList,
)
from server.api.bodies.models import ModelBody
from server.api.bodies.people import MeBody
from server.api.bodies.runs import RunBody
from server.api.caller import Caller, having
from server.api.given import Chosen
from server.dashboard.frame import PACKAGES
from server.dashboard.glance import Glance, glance_of
from server.dashboard.models import line_of
from server.dashboard.watches import WatchDay, recent_days
from server.dashboard.wording import Wording
from server.home import CoordinatorHome
from server.notifications.outbox import Outbox
from shared.contract import Contract
from shared.http.described_problems import problems
from shared.web.pages import wanted_language
from shared.web.words import words_of

LONGEST_DAYS = 400
Viewer = Annotated[Caller, Depends(having("viewer"))]


def federation(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of the federation at a glance, and of its watches."""
    router = APIRouter(tags=["federation"])

    @router.get("/v1/me", responses=problems())
    def me(caller: Viewer) -> MeBody:
        """Say whose token this is, and what it may."""
        return MeBody.of(caller)

    @router.get("/v1/federation", responses=problems())
    def glance(request: Request, response: Response, _caller: Viewer) -> FederationBody:
        """Say how the federation stands, and what waits for a person."""
        wording = Wording(words_of(wanted_language(request), PACKAGES))
        response.headers["Content-Language"] = wording.words.language
        return _body(home, glance_of(home, wording), wording)

    @router.get("/v1/drift", responses=problems())
    def drift(
        _caller: Viewer,
        days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = 14,
        hospital: Annotated[Chosen, Query(description="Or `federation`; empty for all.")] = "",
        feature: Annotated[str, Query(max_length=200)] = "",
        state: Literal["", "alarm", "steady", "insufficient"] = "",
    ) -> WatchList:
        """List what the watches of some days found; the newest first."""
        found = reversed(recent_days(home.engine(), days))
        return WatchList(watches=[_watch(each, hospital, feature, state) for each in found])

    @router.get("/v1/notices", responses=problems())
    def told(_caller: Viewer) -> NoticeList:
        """List what people were told of and still holds, the newest first."""
        found = Outbox(home.engine()).holding()
        return NoticeList(notices=[NoticeBody.of(*each) for each in found])

    return router


def _body(home: CoordinatorHome, glance: Glance, wording: Wording) -> FederationBody:
    return FederationBody(
        name=home.settings.name,
        software=metadata.version("juntos"),
        sentence=glance.sentence(wording),
        contract=_contract(home.contracts().current().contract),
        hospitals=len(glance.joined),
        up=glance.up,
        answering=glance.answering,
        in_use=ModelBody.of(line_of(home, glance.used.id)) if glance.used else None,
        run=RunBody.of(glance.run) if glance.run else None,
        waiting=[
            WaitingBody(meaning=each.meaning, text=each.text, path=each.path)
            for each in glance.waiting
        ],
    )


def _contract(contract: Contract) -> ContractBody:
    return ContractBody(name=contract.name, version=contract.version, hash=contract.hash)


def _watch(day: WatchDay, hospital: str, feature: str, state: str) -> WatchBody:
    names: Sequence[str] = [hospital] if hospital else list(day.verdicts)
    return WatchBody(
        run=day.run,
        made_at=day.made,
        verdicts=[
            each
            for name in names
            for each in day.verdicts.get(name, [])
            if feature in ("", each.feature) and state in ("", each.state)
        ],
    )
