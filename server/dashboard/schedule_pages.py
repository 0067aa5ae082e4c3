"""What runs when and why: what comes next, the calendar, the queue, and asking for a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from server.accounts.guard import acting
from server.dashboard.frame import Coordinator, Dashboard, own_form, to
from server.scheduling.preparing import checked_content, content_of
from server.scheduling.queue import RunQueue
from server.scheduling.request import BY_PERSON, KINDS, SETTLED, URGENT, RequestKind
from server.scheduling.settings import ScheduleSettings, read_schedule
from server.scheduling.upcoming import Upcoming, upcoming
from shared.errors import JuntosError, SettingsError

SETTLED_SHOWN = 30
REFUSED = 422
LONGEST_REASON = 500
# What a person asks for here; explorations need settings that a form does not hold.
OFFERED: tuple[RequestKind, ...] = ("learn", "evaluate", "watch", "deploy")


@dataclass(frozen=True)
class Wanted:
    """The form, as it was sent.

    Attributes
    ----------
    kind, reason, settings : str
        `settings` names a file in the coordinator's folder; empty for the defaults.
    urgent : bool
        Goes before all others, also in quiet hours.
    """

    kind: str = "learn"
    reason: str = ""
    settings: str = ""
    urgent: bool = False


def schedule_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of the schedule and the queue."""
    router = APIRouter()
    pages = SchedulePages(dashboard)
    queue = RunQueue(dashboard.engine)

    @router.get("/schedule")
    def schedule(request: Request) -> Response:
        return pages.show(request)

    @router.post("/schedule", dependencies=[Depends(own_form)])
    def ask_for_run(
        request: Request,
        account: Coordinator,
        kind: Annotated[RequestKind, Form()],
        reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
        settings: Annotated[str, Form(max_length=200)] = "",
        urgent: Annotated[str, Form(max_length=3)] = "",
    ) -> Response:
        wanted = Wanted(kind, reason.strip(), settings.strip(), urgent == "yes")
        try:
            with acting(request, "run.request", kind, wanted.reason):
                content = content_of(dashboard.home.path, wanted.settings)
                checked = checked_content(dashboard.home, kind, content)
                priority = URGENT if wanted.urgent else BY_PERSON
                queue.request(kind, wanted.reason, checked, account.name, priority)
        except JuntosError as error:
            return pages.show(request, REFUSED, error, wanted)
        return to(request, "/schedule?done=request")

    @router.post("/schedule/{number}/cancel", dependencies=[Depends(own_form)])
    def cancel(request: Request, account: Coordinator, number: int) -> Response:
        try:
            with acting(request, "run.cancel", str(number)):
                queue.cancel(number, f"Cancelled by {account.name}.")
        except SettingsError as error:
            return pages.show(request, REFUSED, error)
        return to(request, "/schedule?done=cancel")

    return router


class SchedulePages:
    """Shows the schedule."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    def show(
        self,
        request: Request,
        status: int = 200,
        error: JuntosError | None = None,
        wanted: Wanted | None = None,
    ) -> Response:
        """Show what comes next, and what was asked for."""
        home = self._dashboard.home
        queue = RunQueue(self._dashboard.engine)
        settings: ScheduleSettings | None = None
        ahead: list[Upcoming] = []
        broken: SettingsError | None = None
        try:
            settings, ahead = read_schedule(home.path), upcoming(home)
        except SettingsError as found:
            broken = found
        everything = queue.all()
        ended = [each for each in reversed(everything) if each.status in SETTLED]
        return self._dashboard.show(
            request,
            "schedule",
            status,
            running=queue.running(),
            waiting=queue.waiting(),
            ahead=ahead,
            ended=ended[:SETTLED_SHOWN],
            settings=settings,
            broken=broken,
            kinds=OFFERED,
            all_kinds=KINDS,
            wanted=wanted or Wanted(),
            error=error,
            longest=LONGEST_REASON,
        )
