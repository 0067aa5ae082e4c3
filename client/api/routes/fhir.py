"""``POST /fhir/$predict``: a patient's resources in, a RiskAssessment out."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from client.api.answering import Answering, Question
from client.api.fhir.bundle_export import BundleExport
from client.api.fhir.opening import OpenedReading
from client.api.fhir.risk_assessment import risk_assessment
from client.api.fhir.write_backs import WriteBacks
from client.api.given import given
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.routes.answers import problems
from client.api.routes.challenging import challenge
from client.serving.services import NodeServices

log = logging.getLogger("juntos.api")

FHIR_JSON = "application/fhir+json"
MayPredict = Annotated[ApiKey, Depends(having("predict"))]
BUNDLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "resourceType": {"const": "Bundle"},
        "type": {"type": "string"},
        "entry": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "resource": {
                        "type": "object",
                        "properties": {"resourceType": {"type": "string"}},
                        "required": ["resourceType"],
                    }
                },
            },
        },
    },
    "required": ["resourceType"],
}
BODY = {"requestBody": {"required": True, "content": {FHIR_JSON: {"schema": BUNDLE}}}}
ANSWER = {
    "description": "RiskAssessment (FHIR R4); probabilities are percentages.",
    "content": {FHIR_JSON: {"schema": {"type": "object"}}},
}


def fhir(
    services: NodeServices,
    answering: Answering,
    reading: OpenedReading,
    write_backs: WriteBacks | None,
) -> APIRouter:
    """Return the address."""
    router = APIRouter(prefix="/fhir", tags=["fhir"])

    @router.post(
        "/$predict",
        summary="Answer a Bundle of Patient, Condition and Observation",
        response_class=Response,
        responses={200: ANSWER, **problems(404)},
        openapi_extra=BODY,
    )
    async def predict(request: Request, key: MayPredict) -> Response:
        raw = await request.body()
        return await run_in_threadpool(answer, raw, key.name, request.state.request_id)

    def answer(raw: bytes, caller: str, request_id: str) -> Response:
        found = reading.get().read(BundleExport([("the Bundle", raw)]))
        patient = services.audit.pseudonym(found.patient)
        asked = [Question(case=found.case, patient=patient)]
        (written,) = answering.answer(asked, caller, request_id)
        resource = risk_assessment(given(written), found.patient, services.contract)
        if write_backs is not None:
            _queue(write_backs, written.id, patient, resource)
        background = challenge(answering, asked, [written])
        return json_answer(resource, background=background, media_type=FHIR_JSON)

    return router


def _queue(
    write_backs: WriteBacks, prediction: str, patient: str, resource: dict[str, Any]
) -> None:
    """Queue the answer for the FHIR server; whoever asked gets it in any case."""
    try:
        write_backs.add(prediction, patient, resource)
    except SQLAlchemyError as error:
        log.error("an answer is not queued for the FHIR server: %s", type(error).__name__)
