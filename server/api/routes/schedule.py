"""``/v1/queue`` and ``/v1/schedule``: what runs when and why, and asking for a run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from server.api.bodies.schedule import RequestList, RunWanted, ScheduleBody, UpcomingList
from server.api.caller import Caller, acting, having
from server.api.failures import absent, conflict
from server.api.given import MOST, Number
from server.api.repeatable import RepeatableRoute, idempotency_key
from server.home import CoordinatorHome
from server.scheduling.preparing import checked_content
from server.scheduling.queue import RunQueue
from server.scheduling.request import BY_PERSON, SETTLED, URGENT, RequestStatus, RunRequest
from server.scheduling.settings import ScheduleSettings, read_schedule
from server.scheduling.upcoming import upcoming
from server.scheduling.writing import schedule_digest, write_schedule
from shared.errors import SettingsError
from shared.http.described_problems import problems

MOST_LISTED = 500
Viewer = Annotated[Caller, Depends(having("viewer"))]
Coordinator = Annotated[Caller, Depends(having("coordinator"))]


def queue(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of the queue of runs."""
    router = APIRouter(tags=["schedule"], route_class=RepeatableRoute)
    store = RunQueue(home.engine())

    def read(number: int) -> RunRequest:
        try:
            return store.read(number)
        except SettingsError:
            raise absent("request", number) from None

    @router.get("/v1/queue", responses=problems())
    def all_requests(
        _caller: Viewer,
        status: RequestStatus | None = None,
        before: Annotated[int, Query(ge=1, le=MOST)] = MOST,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
    ) -> RequestList:
        """List what was asked for: who wanted it, why, what it waits for, how it ended."""
        found = [
            each
            for each in reversed(store.all())
            if status in (None, each.status) and each.id < before
        ]
        return RequestList(requests=found[:limit])

    @router.get("/v1/queue/{number}", responses=problems(404))
    def one(_caller: Viewer, number: Number) -> RunRequest:
        """Say how a request stands."""
        return read(number)

    @router.post(
        "/v1/queue",
        status_code=202,
        responses=problems(409),
        dependencies=[Depends(idempotency_key)],
    )
    def ask(request: Request, caller: Coordinator, wanted: RunWanted) -> RunRequest:
        """Ask for a run; it begins when the federation is free."""
        with acting(request, caller, "run.request", wanted.kind, wanted.reason):
            checked = checked_content(home, wanted.kind, wanted.settings)
            priority = URGENT if wanted.urgent else BY_PERSON
            by = caller.account.name
            return read(store.request(wanted.kind, wanted.reason, checked, by, priority))

    @router.post(
        "/v1/queue/{number}/cancel",
        responses=problems(404, 409),
        dependencies=[Depends(idempotency_key)],
    )
    def cancel(request: Request, caller: Coordinator, number: Number) -> RunRequest:
        """Take back a request; a run that goes on is stopped at every hospital."""
        read(number)
        try:
            with acting(request, caller, "run.cancel", str(number)):
                return store.cancel(number, f"Cancelled by {caller.account.name}.")
        except SettingsError as error:
            if read(number).status in SETTLED:
                raise conflict("The request has ended", error.what) from None
            raise

    return router


def schedule(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of the calendar."""
    router = APIRouter(tags=["schedule"])

    def body(response: Response) -> ScheduleBody:
        digest = schedule_digest(home.path)
        response.headers["ETag"] = f'"{digest}"'
        return ScheduleBody(schedule=read_schedule(home.path), etag=digest)

    @router.get("/v1/schedule", responses=problems())
    def show(response: Response, _caller: Viewer) -> ScheduleBody:
        """Return calendar, quiet hours and triggers: the content of `schedule.toml`."""
        return body(response)

    @router.get("/v1/schedule/upcoming", responses=problems())
    def coming(_caller: Viewer) -> UpcomingList:
        """List what comes next, when, why, and what holds it back."""
        return UpcomingList(upcoming=upcoming(home))

    @router.put("/v1/schedule", responses=problems(409, 412))
    def replace(
        request: Request,
        response: Response,
        caller: Coordinator,
        wanted: ScheduleSettings,
        if_match: Annotated[
            str | None, Header(max_length=128, description="Of the schedule that was looked at.")
        ] = None,
    ) -> ScheduleBody:
        """Replace the schedule; it holds from the next second on."""
        seen = None if if_match in (None, "*") else str(if_match).strip().strip('"')
        with acting(request, caller, "schedule.write", "schedule.toml"):
            write_schedule(home, wanted, caller.account.name, seen)
        return body(response)

    return router
