"""The first page: how the federation stands, what waits for a person, and what is going on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from server.dashboard.frame import Dashboard
from server.dashboard.runs import RunLine, lines_of
from server.dashboard.standing import HospitalStanding, in_use, standings
from server.dashboard.strip import Strip, strip_of
from server.dashboard.waiting import Known, Waiting, waiting_of
from server.dashboard.watches import WatchDay, recent_days
from server.dashboard.wording import Wording
from server.home import CoordinatorHome
from server.promotion.candidate import Candidate
from server.promotion.candidate_store import CandidateStore
from server.run_store import RunStore
from server.scheduling.queue import RunQueue

DAYS = 60


@dataclass(frozen=True)
class Glance:
    """All that the first page shows.

    Attributes
    ----------
    hospitals : list of HospitalStanding
    used : Candidate or None
        Whose model is in use.
    waiting : list of Waiting
    run : RunLine or None
        The one that goes on, or else the last one.
    strip : Strip or None
        Of that run.
    days : sequence of WatchDay
    """

    hospitals: list[HospitalStanding]
    used: Candidate | None
    waiting: list[Waiting]
    run: RunLine | None
    strip: Strip | None
    days: Sequence[WatchDay]

    @property
    def joined(self) -> list[HospitalStanding]:
        """Hospitals that used their kit."""
        return [each for each in self.hospitals if each.has_joined]

    @property
    def up(self) -> int:
        """How many of them are there."""
        return sum(each.state == "up" for each in self.joined)

    @property
    def answering(self) -> int:
        """At how many the model in use answers."""
        return sum(each.in_use is True for each in self.joined)

    def sentence(self, wording: Wording) -> str:
        """Return how the federation stands, in a sentence."""
        say, joined = wording.words, len(self.joined)
        if not joined:
            return say("glance.nobody")
        unknown = all(each.state == "unknown" for each in self.joined)
        if unknown:
            first = say("glance.unknown", count=joined)
        elif self.up == joined:
            first = say("glance.all_up", count=joined)
        else:
            silent = [each.name for each in self.joined if each.state == "silent"]
            first = say("glance.some_up", up=self.up, count=joined, names=", ".join(silent))
        rest = say("glance.waits", count=len(self.waiting)) if self.waiting else say("glance.calm")
        return f"{first} {rest}"


def glance_of(home: CoordinatorHome, wording: Wording) -> Glance:
    """Read how a federation stands."""
    store, queue = RunStore(home.engine()), RunQueue(home.engine())
    days = recent_days(home.engine(), DAYS)
    hospitals = standings(home, days)
    lines = lines_of(store, queue)
    all_candidates = CandidateStore(home.engine()).all()
    run = next((each for each in lines if each.goes_on), lines[0] if lines else None)
    joined = [each.name for each in hospitals if each.has_joined]
    return Glance(
        hospitals=hospitals,
        used=in_use(all_candidates),
        waiting=waiting_of(Known(hospitals, all_candidates, days, lines), wording),
        run=run,
        strip=strip_of(run.run, store.rounds(run.run.id), joined) if run else None,
        days=days,
    )


def glance_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of the first page."""
    router = APIRouter()

    @router.get("/")
    def show(request: Request) -> Response:
        found = glance_of(dashboard.home, dashboard.wording(request))
        return dashboard.show(request, "glance", glance=found)

    @router.get("/parts/glance")
    def part(request: Request) -> Response:
        found = glance_of(dashboard.home, dashboard.wording(request))
        return dashboard.part(request, "glance_part", glance=found)

    return router
