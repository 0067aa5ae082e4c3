"""The history of models, and what people do with one: promote, reject, take back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.accounts.account import Account
from server.accounts.guard import acting, require
from server.dashboard.deciding import ACTIONS, Decided, ReasonNeededError, decide
from server.dashboard.frame import Coordinator, Dashboard, own_form, to
from server.dashboard.models import STEPS, ModelLine, Step, follows, line_of, lines_of, policy_of
from server.promotion.candidate_store import ChangedMeanwhileError
from shared.errors import JuntosError, SettingsError

CONFLICT, REFUSED = 409, 422
LONGEST_REASON = 500


def model_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of models."""
    router = APIRouter()
    pages = ModelPages(dashboard)

    @router.get("/models")
    def models(request: Request) -> Response:
        return dashboard.show(request, "models", lines=lines_of(dashboard.home))

    @router.get("/models/{model}")
    def one(request: Request, model: str) -> Response:
        return pages.one(request, model)

    @router.get("/models/{model}/{step}")
    def ask(request: Request, model: str, step: Step, _account: Coordinator) -> Response:
        return pages.ask(request, pages.line(model), step)

    @router.post("/models/{model}/{step}", dependencies=[Depends(own_form)])
    def act(
        request: Request,
        model: str,
        step: Step,
        account: Annotated[Account, Depends(require("coordinator"))],
        revision: Annotated[int, Form(ge=1)],
        reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
    ) -> Response:
        pages.line(model)
        decided = Decided(step, account.name, reason.strip(), revision)
        try:
            with acting(request, ACTIONS[step], model, decided.reason):
                decide(dashboard.home, model, decided)
        except ChangedMeanwhileError:
            return pages.conflict(request, pages.line(model))
        except ReasonNeededError:
            return pages.ask(request, pages.line(model), step, REFUSED, "reason")
        except JuntosError as error:
            return pages.ask(request, pages.line(model), step, REFUSED, "", error)
        return to(request, f"/models/{model}?done={step}")

    return router


class ModelPages:
    """Shows one model, and asks before anything is done with it."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    def line(self, model: str) -> ModelLine:
        """Return a model.

        Raises
        ------
        HTTPException
            404 where there is none.
        """
        try:
            return line_of(self._dashboard.home, model)
        except SettingsError:
            raise HTTPException(404) from None

    def one(self, request: Request, model: str) -> Response:
        """Show a model: the decision and its reasons, every step, where it answers."""
        line = self.line(model)
        return self._dashboard.show(request, "model", section="models", line=line, steps=STEPS)

    def ask(
        self,
        request: Request,
        line: ModelLine,
        step: Step,
        status: int = 200,
        said: str = "",
        error: JuntosError | None = None,
    ) -> Response:
        """Ask whether it is meant, and say what follows."""
        if step not in line.possible:
            return self.conflict(request, line)
        stage = ""
        try:
            stage = follows(line, policy_of(self._dashboard.home))
        except SettingsError as found:
            error = error or found
        return self._dashboard.show(
            request,
            "confirm",
            status,
            section="models",
            line=line,
            step=step,
            stage=stage,
            said=said,
            error=error,
            longest=LONGEST_REASON,
        )

    def conflict(self, request: Request, line: ModelLine) -> Response:
        """Say that somebody, or the loop, decided first."""
        return self._dashboard.show(request, "conflict", CONFLICT, section="models", line=line)
