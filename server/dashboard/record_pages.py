"""The records: who did what, when, and whether it was done."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from server.accounts.services import accounts_of
from server.dashboard.frame import Dashboard

PAGE = 50
# Beginnings of actions that the list can be narrowed to.
GROUPS = (
    "candidate",
    "sign_off",
    "hospital",
    "run",
    "schedule",
    "contract",
    "account",
    "token",
    "notification",
)


def record_routes(dashboard: Dashboard) -> APIRouter:
    """Return the route of the records."""
    router = APIRouter()

    @router.get("/records")
    def records(request: Request, group: str = "", actor: str = "", before: int = 0) -> Response:
        chosen = group if group in GROUPS else ""
        log = accounts_of(request).log
        found = log.find(
            actor=actor.strip(),
            action=f"{chosen}." if chosen else "",
            before=max(before, 0),
            limit=PAGE + 1,
        )
        return dashboard.show(
            request,
            "records",
            entries=found[:PAGE],
            more=found[PAGE - 1].number if len(found) > PAGE else 0,
            groups=GROUPS,
            group=chosen,
            actor=actor.strip(),
            before=before,
        )

    return router
