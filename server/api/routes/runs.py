"""``/v1/runs``: what ran, every round, what came of it, and the pages it left behind."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse

from server.api.bodies.runs import (
    MetricsBody,
    ModelMetrics,
    RoundList,
    RunBody,
    RunDetail,
    RunList,
)
from server.api.caller import Caller, having
from server.api.failures import absent
from server.api.given import Chosen, Named
from server.dashboard.run_reports import report_of, reports_of
from server.dashboard.runs import RunLine, figures_of, lines_of, read_line
from server.home import CoordinatorHome
from server.run_store import RunStatus, RunStore
from server.scheduling.queue import RunQueue
from server.scheduling.request import RequestKind
from shared.errors import SettingsError
from shared.http.described_problems import problems

MOST = 200
Viewer = Annotated[Caller, Depends(having("viewer"))]


def runs(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of runs."""
    router = APIRouter(tags=["runs"])
    store, queue = RunStore(home.engine()), RunQueue(home.engine())

    def line(run: str) -> RunLine:
        try:
            return read_line(store, queue, run)
        except SettingsError:
            raise absent("run", run) from None

    @router.get("/v1/runs", responses=problems())
    def all_runs(
        _caller: Viewer,
        kind: RequestKind | None = None,
        status: RunStatus | None = None,
        before: Annotated[Chosen, Query(description="Only older ones than this run.")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> RunList:
        """List runs, the newest first, with how many hospitals took part and what came of each."""
        found = [
            each
            for each in lines_of(store, queue)
            if kind in (None, each.kind)
            and status in (None, each.run.status)
            and (not before or each.run.id < before)
        ]
        more = found[limit - 1].run.id if len(found) > limit else None
        return RunList(runs=[RunBody.of(each) for each in found[:limit]], next=more)

    @router.get("/v1/runs/{run}", responses=problems(404))
    def one(_caller: Viewer, run: Named) -> RunDetail:
        """Say what a run was for, how it went, and who was left out and why."""
        found = line(run)
        return RunDetail.with_reports(found, reports_of(home, found.run))

    @router.get("/v1/runs/{run}/rounds", responses=problems(404))
    def rounds(_caller: Viewer, run: Named) -> RoundList:
        """List every question of a run with who was asked, who answered, and who did not."""
        return RoundList(run=line(run).run.id, rounds=store.rounds(run))

    @router.get("/v1/runs/{run}/metrics", responses=problems(404))
    def metrics(_caller: Viewer, run: Named) -> MetricsBody:
        """Say how well a run's models answer: overall, by hospital and class, with intervals."""
        found = line(run).run
        contract = found.settings.task.contract(home.contract())
        models = [ModelMetrics.of(each, contract) for each in figures_of(found)]
        return MetricsBody(run=run, models=models)

    @router.get(
        "/v1/runs/{run}/reports/{report}",
        response_class=HTMLResponse,
        responses=problems(404),
    )
    def report(_caller: Viewer, run: Named, report: Named) -> HTMLResponse:
        """Return a page that a run left behind, as one file: `review`, `committee`, ..."""
        page = report_of(home, line(run).run, report)
        if page is None:
            raise absent("report", report)
        return HTMLResponse(page)

    return router
