"""``/v1/confirmations``: what patients turned out to have."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from client.api.bodies import ConfirmationAnswer, ConfirmationRequest
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import FieldError, invalid_request
from client.api.routes.answers import problems
from client.confirmations import Confirmation, Confirmations
from client.ranking.disease_names import ranked_diseases
from client.serving.services import NodeServices

MayConfirm = Annotated[ApiKey, Depends(having("confirm"))]


def confirmations(services: NodeServices) -> APIRouter:
    """Return the address."""
    router = APIRouter(prefix="/v1/confirmations", tags=["confirmations"], responses=problems())
    book = Confirmations(services.audit, services.contract, partial(ranked_diseases, services))

    @router.post(
        "", summary="Confirm a diagnosis", status_code=201, response_model=ConfirmationAnswer
    )
    def confirm(body: ConfirmationRequest, key: MayConfirm) -> Response:
        if not body.prediction_id and not body.patient:
            raise invalid_request([_nobody()])
        patient = services.audit.pseudonym(body.patient) if body.patient else ""
        confirmation = Confirmation(
            code=body.code,
            who=key.name,
            source=body.source,
            prediction=body.prediction_id or "",
            patient=patient,
            date=body.date or "",
            resolves=body.resolves,
        )
        case = book.confirm(confirmation)
        answer = ConfirmationAnswer(
            state=case.state,
            code=case.code,
            date=case.date,
            prediction_id=case.prediction,
            statements=len(case.history),
        )
        return json_answer(answer.model_dump(), 201)

    return router


def _nobody() -> FieldError:
    expected = "Expected the answer's prediction_id, or the patient."
    return FieldError("prediction_id", "/prediction_id", expected, "Give one of them.")
