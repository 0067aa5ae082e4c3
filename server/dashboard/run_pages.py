"""The list of runs, one run with every round, and the report of its review."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.dashboard.curves import by_class, by_hospital, class_name, loss_curves
from server.dashboard.frame import Dashboard
from server.dashboard.run_reports import report_of, reports_of
from server.dashboard.runs import PAGE, RunLine, figures_of, lines_of, read_line
from server.dashboard.strip import strip_of
from server.enrolment.hospitals import list_hospitals
from server.run_store import RunStore
from server.scheduling.queue import RunQueue
from shared.errors import SettingsError
from shared.web.standalone_page import standalone

KINDS = ("learn", "evaluate", "watch", "deploy", "explore")


def run_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of runs."""
    router = APIRouter()
    pages = RunPages(dashboard)

    @router.get("/runs")
    def all_runs(request: Request, kind: str = "", before: str = "") -> Response:
        return pages.list(request, kind if kind in KINDS else "", before)

    @router.get("/runs/{run}")
    def one(request: Request, run: str) -> Response:
        return dashboard.show(request, "run", **pages.context(request, run))

    @router.get("/parts/runs/{run}")
    def part(request: Request, run: str) -> Response:
        return dashboard.part(request, "run_part", **pages.context(request, run))

    @router.get("/runs/{run}/{report}")
    def report(request: Request, run: str, report: str) -> Response:
        page = report_of(dashboard.home, pages.line(run).run, report)
        if page is None:
            raise HTTPException(404)
        words = dashboard.wording(request).words
        back = request.scope.get("root_path", "") + f"/runs/{run}"
        return standalone(page, back, words("run.back", run=run), words.language)

    return router


class RunPages:
    """Puts together what the pages of runs show."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._store = RunStore(dashboard.engine)
        self._queue = RunQueue(dashboard.engine)

    def list(self, request: Request, kind: str, before: str) -> Response:
        """Show runs, the newest first."""
        lines = lines_of(self._store, self._queue)
        chosen = [each for each in lines if not kind or each.kind == kind]
        after = [each for each in chosen if not before or each.run.id < before]
        kinds = [each for each in KINDS if any(line.kind == each for line in lines)]
        return self._dashboard.show(
            request,
            "runs",
            lines=after[:PAGE],
            total=len(chosen),
            troubled=sum(each.run.status in ("partial", "failed") for each in chosen),
            last_good=next((each for each in chosen if each.run.status == "completed"), None),
            next_page=after[PAGE - 1].run.id if len(after) > PAGE else "",
            before=before,
            kind=kind,
            kinds=kinds,
        )

    def line(self, run: str) -> RunLine:
        """Return a run.

        Raises
        ------
        HTTPException
            404 where there is none.
        """
        try:
            return read_line(self._store, self._queue, run)
        except SettingsError:
            raise HTTPException(404) from None

    def context(self, request: Request, run: str) -> dict[str, Any]:
        """Return all that the page of a run speaks of."""
        line, wording = self.line(run), self._dashboard.wording(request)
        records = self._store.rounds(run)
        contract = line.run.settings.task.contract(self._dashboard.home.contract())
        joined = [each.name for each in list_hospitals(self._dashboard.engine) if each.node_id]
        found = figures_of(line.run)
        return {
            "section": "runs",
            "line": line,
            "records": records,
            "strip": strip_of(line.run, records, joined),
            "figures": found,
            "loss": loss_curves({run: records}, wording),
            "hospitals_figure": by_hospital(found[0], wording) if found else None,
            "classes_figure": by_class(found[0], contract, wording) if found else None,
            "class_name": lambda code: class_name(contract, code),
            "reports": reports_of(self._dashboard.home, line.run),
        }
