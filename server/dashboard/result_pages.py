"""How well models answer: over runs, at each hospital and for each class."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from server.dashboard.curves import (
    MOST_CURVES,
    accuracy_over_runs,
    by_class,
    by_hospital,
    class_name,
    loss_curves,
)
from server.dashboard.frame import Dashboard
from server.dashboard.runs import lines_of
from server.dashboard.standing import in_use
from server.promotion.candidate_store import CandidateStore
from server.run_store import RunStore
from server.scheduling.queue import RunQueue


def result_routes(dashboard: Dashboard) -> APIRouter:
    """Return the route of results."""
    router = APIRouter()
    store, queue = RunStore(dashboard.engine), RunQueue(dashboard.engine)

    @router.get("/results")
    def results(request: Request, run: str = "") -> Response:
        wording = dashboard.wording(request)
        judged = [each for each in lines_of(store, queue) if each.figures is not None]
        used = in_use(CandidateStore(dashboard.engine).all())
        wanted = run or (used.id if used else "")
        chosen = next((each for each in judged if each.run.id == wanted), None)
        chosen = chosen or (judged[0] if judged else None)
        contract = dashboard.home.contract()
        figures = chosen.figures if chosen else None
        recent = {each.run.id: store.rounds(each.run.id) for each in judged[:MOST_CURVES]}
        return dashboard.show(
            request,
            "results",
            judged=judged,
            chosen=chosen,
            used=used,
            figures=figures,
            over_runs=accuracy_over_runs(list(reversed(judged)), wording),
            loss=loss_curves(recent, wording),
            hospitals_figure=by_hospital(figures, wording) if figures else None,
            classes_figure=by_class(figures, contract, wording) if figures else None,
            class_name=lambda code: class_name(contract, code),
        )

    return router
