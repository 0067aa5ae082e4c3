"""``/v1/models`` and ``/v1/sign-offs``: what may come into use, why, and what people decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from server.api.bodies.models import (
    ApprovalBody,
    ApprovalRequest,
    ModelBody,
    ModelDetail,
    ModelList,
    SignOffList,
    SignOffRequest,
    StepBody,
)
from server.api.caller import Caller, acting, having
from server.api.failures import absent, conflict
from server.api.given import Named, Number
from server.api.repeatable import RepeatableRoute, idempotency_key
from server.dashboard.deciding import ACTIONS, Decided, decide
from server.dashboard.models import ModelLine, Step, line_of, lines_of
from server.home import CoordinatorHome
from server.promotion.registry import registry_answers
from server.promotion.sign_off import StandingSignOff
from server.promotion.sign_off_store import SignOffStore
from server.run_store import RunStore
from shared.errors import SettingsError
from shared.http.described_problems import problems

Viewer = Annotated[Caller, Depends(having("viewer"))]
Coordinator = Annotated[Caller, Depends(having("coordinator"))]


def models(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of models."""
    router = APIRouter(tags=["models"], route_class=RepeatableRoute)

    @router.get("/v1/models", responses=problems())
    def all_models(_caller: Viewer) -> ModelList:
        """List models, the newest first: where each is, and what the gate said."""
        return ModelList(models=[ModelBody.of(each) for each in lines_of(home)])

    @router.get("/v1/models/{model}", responses=problems(404))
    def one(_caller: Viewer, model: Named) -> ModelDetail:
        """Say everything of a model: each reason of the gate, each step, where it answers."""
        return ModelDetail.of(_line(home, model))

    for step in ACTIONS:
        _add_step(router, home, step)

    @router.post(
        "/v1/models/{model}/approve",
        status_code=201,
        responses=problems(404, 409),
        dependencies=[Depends(idempotency_key)],
    )
    def approve(
        request: Request, caller: Coordinator, model: Named, given: ApprovalRequest
    ) -> ApprovalBody:
        """Record that a clinician approves the chosen model of a reviewed run."""
        # It opens the registry, which takes seconds to load.
        from server.promotion.approving import approve as record

        _check_run(home, model)
        with (
            acting(request, caller, "candidate.approve", model, given.name),
            registry_answers(),
        ):
            found = record(home, model, given.name, given.comment)
        return ApprovalBody(run=model, **found.model_dump())

    return router


def _add_step(router: APIRouter, home: CoordinatorHome, step: Step) -> None:
    """Add the address of what a person does with a model."""
    said = {
        "promote": "Bring a model into use, if the gate, the clinicians and you say so.",
        "reject": "Say no to a model that waits, or is in shadow.",
        "rollback": "Bring the model before back to the hospitals.",
    }

    @router.post(
        f"/v1/models/{{model}}/{step}",
        name=step,
        description=f"{said[step]} Of two at once one is done; the other is answered with 409.",
        responses=problems(404, 409),
        dependencies=[Depends(idempotency_key)],
    )
    def act(request: Request, caller: Coordinator, model: Named, given: StepBody) -> ModelDetail:
        _line(home, model)
        decided = Decided(step, caller.account.name, given.reason.strip(), given.revision)
        with acting(request, caller, ACTIONS[step], model, decided.reason):
            return ModelDetail.of(decide(home, model, decided))


def sign_offs(home: CoordinatorHome) -> APIRouter:
    """Return the addresses of standing sign-offs."""
    router = APIRouter(tags=["models"], route_class=RepeatableRoute)
    store = SignOffStore(home.engine())

    @router.get("/v1/sign-offs", responses=problems())
    def all_of_them(_caller: Viewer) -> SignOffList:
        """List standing sign-offs, those that ended too."""
        return SignOffList(sign_offs=store.all())

    @router.post(
        "/v1/sign-offs",
        status_code=201,
        responses=problems(409),
        dependencies=[Depends(idempotency_key)],
    )
    def give(request: Request, caller: Coordinator, given: SignOffRequest) -> StandingSignOff:
        """Record that somebody signs in advance for what the federation retrains by itself."""
        with acting(request, caller, "sign_off.give", given.name, f"until {given.ends_on}"):
            return store.give(**given.model_dump())

    @router.post(
        "/v1/sign-offs/{number}/withdraw",
        responses=problems(404, 409),
        dependencies=[Depends(idempotency_key)],
    )
    def withdraw(request: Request, caller: Coordinator, number: Number) -> StandingSignOff:
        """End a standing sign-off now."""
        if number not in {each.id for each in store.all()}:
            raise absent("standing sign-off", number)
        try:
            with acting(request, caller, "sign_off.withdraw", str(number)):
                return store.withdraw(number)
        except SettingsError:
            raise conflict("The sign-off has ended", "It was withdrawn before.") from None

    return router


def _line(home: CoordinatorHome, model: str) -> ModelLine:
    try:
        return line_of(home, model)
    except SettingsError:
        raise absent("model", model) from None


def _check_run(home: CoordinatorHome, run: str) -> None:
    try:
        RunStore(home.engine()).read(run)
    except SettingsError:
        raise absent("run", run) from None
