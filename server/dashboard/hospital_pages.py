"""Hospitals: who is in, who was invited, and one of them closely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from server.accounts.guard import acting
from server.dashboard.frame import Coordinator, Dashboard, own_form, to
from server.dashboard.runs import figures_of
from server.dashboard.standing import HospitalStanding, in_use, standings
from server.dashboard.watches import recent_days
from server.enrolment.approving import approve_join, decline_join
from server.enrolment.ending import end_membership
from server.enrolment.hospitals import enrol, list_hospitals
from server.promotion.candidate_store import CandidateStore
from server.run_store import RunStore
from shared.errors import JuntosError
from shared.node_keys import key_fingerprint

DAYS = 60
# Of the sentence that says so afterwards.
DONE = {"approve": "let_in", "revoke": "shut_out"}
MISSED = 10
REFUSED = 422


def hospital_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of hospitals and their enrolment."""
    router = APIRouter()
    pages = HospitalPages(dashboard)

    @router.get("/hospitals")
    def hospitals(request: Request) -> Response:
        return pages.list(request)

    @router.post("/hospitals", dependencies=[Depends(own_form)])
    def make_kit(
        request: Request,
        _account: Coordinator,
        name: Annotated[str, Form(max_length=64)],
        public: Annotated[str, Form(max_length=3)] = "",
    ) -> Response:
        name = name.strip()
        try:
            with acting(request, "hospital.enrol", name):
                enrol(dashboard.home, name, public=public == "yes")
        except JuntosError as error:
            return pages.list(request, REFUSED, error, name)
        return to(request, f"/hospitals/{name}?done=enrol")

    @router.post("/hospitals/{name}/replace", dependencies=[Depends(own_form)])
    def replace_node(
        request: Request,
        _account: Coordinator,
        name: str,
        sure: Annotated[str, Form(max_length=3)] = "",
    ) -> Response:
        known = pages.standing(name)
        if sure != "yes":
            return pages.one(request, name, REFUSED)
        try:
            with acting(request, "hospital.replace", name):
                enrol(dashboard.home, name, replace=True, public=known.enrolled.is_public)
        except JuntosError as error:
            return pages.one(request, name, REFUSED, error)
        return to(request, f"/hospitals/{name}?done=replace")

    @router.post("/hospitals/{name}/approve", dependencies=[Depends(own_form)])
    def let_in(request: Request, _account: Coordinator, name: str) -> Response:
        return pages.step(request, name, "approve", lambda: approve_join(dashboard.home, name))

    @router.post("/hospitals/{name}/refuse", dependencies=[Depends(own_form)])
    def keep_out(request: Request, _account: Coordinator, name: str) -> Response:
        pages.standing(name)
        try:
            with acting(request, "hospital.refuse", name):
                decline_join(dashboard.home, name)
        except JuntosError as error:
            return pages.one(request, name, REFUSED, error)
        return to(request, "/hospitals")

    @router.post("/hospitals/{name}/revoke", dependencies=[Depends(own_form)])
    def shut_out(
        request: Request,
        _account: Coordinator,
        name: str,
        because: Annotated[str, Form(max_length=500)] = "",
        sure: Annotated[str, Form(max_length=3)] = "",
    ) -> Response:
        if sure != "yes" or not because.strip():
            pages.standing(name)
            return pages.one(request, name, REFUSED)

        def end() -> None:
            end_membership(dashboard.home, name, "revoked", because.strip())

        return pages.step(request, name, "revoke", end)

    @router.get("/hospitals/{name}")
    def one(request: Request, name: str) -> Response:
        return pages.one(request, name)

    @router.get("/hospitals/{name}/kit")
    def kit(request: Request, name: str, _account: Coordinator) -> Response:
        known = next((each for each in list_hospitals(dashboard.engine) if each.name == name), None)
        path = dashboard.home.kits / f"{name}.kit.toml"
        if known is None or not path.is_file():
            raise HTTPException(404)
        with acting(request, "hospital.kit", name):
            return FileResponse(path, filename=path.name, media_type="application/toml")

    return router


class HospitalPages:
    """Shows hospitals."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    def step(self, request: Request, name: str, step: str, do: Callable[[], object]) -> Response:
        """Do one thing with a hospital, and show it."""
        self.standing(name)
        try:
            with acting(request, f"hospital.{step}", name):
                do()
        except JuntosError as error:
            return self.one(request, name, REFUSED, error)
        return to(request, f"/hospitals/{name}?done={DONE[step]}")

    def list(
        self,
        request: Request,
        status: int = 200,
        error: JuntosError | None = None,
        name: str = "",
    ) -> Response:
        """Show all hospitals, and the form that invites one."""
        days = recent_days(self._dashboard.engine, DAYS)
        return self._dashboard.show(
            request,
            "hospitals",
            status,
            hospitals=standings(self._dashboard.home, days),
            error=error,
            typed=name,
        )

    def one(
        self, request: Request, name: str, status: int = 200, error: JuntosError | None = None
    ) -> Response:
        """Show a hospital: what answers there, its budget, its drift, and what it missed."""
        found = self.standing(name)
        store = RunStore(self._dashboard.engine)
        runs = list(reversed(store.all()))
        missed = [
            (each, each.result["left_out"][name])
            for each in runs
            if each.result and name in (each.result.get("left_out") or {})
        ]
        used = in_use(CandidateStore(self._dashboard.engine).all())
        judged = next(
            (
                (each.id, figures.by_hospital[name], figures.alone_by_hospital.get(name))
                for each in runs
                if used is not None and each.id == used.id
                for figures in figures_of(each)[:1]
                if name in figures.by_hospital
            ),
            None,
        )
        return self._dashboard.show(
            request,
            "hospital",
            status,
            section="hospitals",
            each=found,
            missed=missed[:MISSED],
            judged=judged,
            key=key_fingerprint(found.enrolled.public_key) if found.enrolled.public_key else "",
            has_kit=(self._dashboard.home.kits / f"{name}.kit.toml").is_file(),
            error=error,
        )

    def standing(self, name: str) -> HospitalStanding:
        """Return how a hospital stands.

        Raises
        ------
        HTTPException
            404 where there is none.
        """
        days = recent_days(self._dashboard.engine, DAYS)
        for each in standings(self._dashboard.home, days):
            if each.name == name:
                return each
        raise HTTPException(404)
