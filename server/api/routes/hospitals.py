"""``/v1/hospitals``: who is in the federation, how each stands, and letting another one in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse

from server.api.bodies.hospitals import HospitalBody, HospitalList, Invitation, KitBody, Revocation
from server.api.caller import Caller, acting, having
from server.api.failures import absent, conflict
from server.api.given import Named
from server.api.repeatable import RepeatableRoute, idempotency_key
from server.dashboard.standing import HospitalStanding, standings
from server.dashboard.watches import recent_days
from server.enrolment.approving import approve_join, decline_join
from server.enrolment.ending import end_membership
from server.enrolment.hospitals import EnrolledHospital, enrol, list_hospitals
from server.home import CoordinatorHome
from shared.errors import SettingsError
from shared.http.described_problems import problems
from shared.signatures import fingerprint

DAYS = 60
KIT_TYPE = "application/toml"
Viewer = Annotated[Caller, Depends(having("viewer"))]
Coordinator = Annotated[Caller, Depends(having("coordinator"))]


def hospitals(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of hospitals."""
    router = APIRouter(tags=["hospitals"], route_class=RepeatableRoute)
    repeatable = [Depends(idempotency_key)]

    @router.get("/v1/hospitals", responses=problems())
    def all_hospitals(_caller: Viewer) -> HospitalList:
        """List all hospitals: state, last seen, model, budget left, alarms."""
        return HospitalList(hospitals=[HospitalBody.of(each) for each in _standings(home)])

    @router.get("/v1/hospitals/{name}", responses=problems(404))
    def one(_caller: Viewer, name: Named) -> HospitalBody:
        """Say how one hospital stands."""
        return HospitalBody.of(_standing(home, name))

    @router.post("/v1/hospitals", status_code=201, responses=problems(409), dependencies=repeatable)
    def invite(request: Request, caller: Coordinator, wanted: Invitation) -> KitBody:
        """Enrol a hospital: it gets a kit, which works once."""
        with acting(request, caller, "hospital.enrol", wanted.name):
            enrol(home, wanted.name, public=wanted.public)
        return _kit(home, wanted.name)

    @router.post(
        "/v1/hospitals/{name}/replace",
        status_code=201,
        responses=problems(404, 409),
        dependencies=repeatable,
    )
    def replace(request: Request, caller: Coordinator, name: Named) -> KitBody:
        """Take back the key of a hospital's node, and make a kit for another one."""
        known = _standing(home, name)
        with acting(request, caller, "hospital.replace", name):
            enrol(home, name, replace=True, public=known.enrolled.is_public)
        return _kit(home, name)

    @router.post(
        "/v1/hospitals/{name}/approve",
        responses=problems(404, 409),
        dependencies=repeatable,
    )
    def approve(request: Request, caller: Coordinator, name: Named) -> HospitalBody:
        """Let a hospital in that used its kit and waits."""
        _standing(home, name)
        with _as_conflict(), acting(request, caller, "hospital.approve", name):
            approve_join(home, name)
        return HospitalBody.of(_standing(home, name))

    @router.post(
        "/v1/hospitals/{name}/refuse",
        status_code=204,
        responses=problems(404, 409),
        dependencies=repeatable,
    )
    def refuse(request: Request, caller: Coordinator, name: Named) -> None:
        """Keep a hospital out that used its kit and waits."""
        _standing(home, name)
        with _as_conflict(), acting(request, caller, "hospital.refuse", name):
            decline_join(home, name)

    @router.post(
        "/v1/hospitals/{name}/revoke",
        responses=problems(404, 409),
        dependencies=repeatable,
    )
    def revoke(
        request: Request, caller: Coordinator, name: Named, wanted: Revocation
    ) -> HospitalBody:
        """Shut a hospital out at once."""
        _standing(home, name)
        with _as_conflict(), acting(request, caller, "hospital.revoke", name, wanted.because):
            end_membership(home, name, "revoked", wanted.because)
        return HospitalBody.of(_standing(home, name))

    @router.get(
        "/v1/hospitals/{name}/kit",
        response_class=FileResponse,
        responses={**problems(404), 200: {"content": {KIT_TYPE: {}}}},
    )
    def kit(request: Request, caller: Coordinator, name: Named) -> FileResponse:
        """Fetch the kit of a hospital that has not joined; whoever has it can join once."""
        path = _kit_file(home, name)
        with acting(request, caller, "hospital.kit", name):
            return FileResponse(path, filename=path.name, media_type=KIT_TYPE)

    return router


@contextmanager
def _as_conflict() -> Iterator[None]:
    """Say that a hospital is not, or no longer, as the request takes it to be."""
    try:
        yield
    except SettingsError as error:
        raise conflict("The hospital stands otherwise now", error.what, error.fix) from None


def _standings(home: CoordinatorHome) -> list[HospitalStanding]:
    return standings(home, recent_days(home.engine(), DAYS))


def _standing(home: CoordinatorHome, name: str) -> HospitalStanding:
    found = next((each for each in _standings(home) if each.name == name), None)
    if found is None:
        raise absent("hospital", name)
    return found


def _enrolled(home: CoordinatorHome, name: str) -> EnrolledHospital:
    found = next((each for each in list_hospitals(home.engine()) if each.name == name), None)
    if found is None:
        raise absent("hospital", name)
    return found


def _kit_file(home: CoordinatorHome, name: str) -> Path:
    path = home.kits / f"{_enrolled(home, name).name}.kit.toml"
    if not path.is_file():
        raise absent("kit of", name)
    return path


def _kit(home: CoordinatorHome, name: str) -> KitBody:
    return KitBody.of(_enrolled(home, name), fingerprint(home.signing_key().public_key()))
