"""CDS Hooks 2.0: the answer appears inside the record system, when a patient is opened."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from msgspec import Raw, Struct
from starlette.responses import Response

from client.api.answering import Answering, Question
from client.api.cards import cards
from client.api.fhir.bundle_export import BundleExport
from client.api.fhir.opening import OpenedReading
from client.api.given import given
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import ApiError, FieldError, invalid_request
from client.api.routes.answers import problems
from client.api.routes.challenging import challenge
from client.serving.services import NodeServices

HOOK, SERVICE = "patient-view", "juntos-differential"
# Who asks without a key, as the record of answers has it.
NO_KEY = "cds-hooks"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "hook": {"const": HOOK},
                        "hookInstance": {"type": "string"},
                        "context": {
                            "type": "object",
                            "properties": {
                                "userId": {"type": "string"},
                                "patientId": {"type": "string"},
                            },
                            "required": ["patientId"],
                        },
                        "prefetch": {"type": "object"},
                    },
                    "required": ["hook", "context"],
                }
            }
        },
    }
}


class Context(Struct):
    """What the record system shows."""

    patientId: str  # noqa: N815 - the specification's name


class HookRequest(Struct):
    """What is read of a request."""

    hook: str
    context: Context
    prefetch: dict[str, Raw] = {}


def cds_hooks(
    services: NodeServices, answering: Answering, reading: OpenedReading, *, without_key: bool
) -> APIRouter:
    """Return the addresses.

    Parameters
    ----------
    without_key : bool
        Whether record systems need no key.
    """
    router = APIRouter(prefix="/cds-services", tags=["CDS Hooks"])

    @router.get("", summary="What is offered", response_model=dict[str, Any])
    def discover() -> Response:
        services_offered = [offer(reading.get().types)] if reading.is_there else []
        return json_answer({"services": services_offered})

    @router.post(
        f"/{SERVICE}",
        summary="Cards for the patient in view",
        response_model=dict[str, Any],
        responses=problems(404, 412),
        openapi_extra=BODY,
        dependencies=[] if without_key else [Depends(having("predict"))],
    )
    async def patient_view(request: Request) -> Response:
        key: ApiKey | None = getattr(request.state, "caller", None)
        raw = await request.body()
        caller = NO_KEY if key is None else key.name
        return await run_in_threadpool(answer, raw, caller, request.state.request_id)

    def answer(raw: bytes, caller: str, request_id: str) -> Response:
        asked_for = _read(raw)
        parts = [(f"prefetch.{name}", bytes(each)) for name, each in asked_for.prefetch.items()]
        export = BundleExport([(name, each) for name, each in parts if each != b"null"])
        opened = reading.get()
        if "Patient" not in export.types:
            raise _no_patient()
        came = {kind for kind in opened.types if kind.lower() in asked_for.prefetch}
        found = opened.read(export, came)
        if found.patient != asked_for.context.patientId:
            raise _another_patient()
        question = Question(case=found.case, patient=services.audit.pseudonym(found.patient))
        (written,) = answering.answer([question], caller, request_id)
        background = challenge(answering, [question], [written])
        return json_answer({"cards": cards(given(written))}, background=background)

    return router


def offer(types: list[str]) -> dict[str, Any]:
    """Return the description of the service.

    Parameters
    ----------
    types : list of str
        The types of resources that the hospital's mapping reads, beside Patient.
    """
    searches = {
        kind.lower(): f"{kind}?patient={{{{context.patientId}}}}&_count=1000" for kind in types
    }
    return {
        "hook": HOOK,
        "id": SERVICE,
        "title": "Differential by Juntos",
        "description": "Ranked diseases with calibrated probabilities, from what is recorded.",
        "prefetch": {"patient": "Patient/{{context.patientId}}", **searches},
    }


def _read(raw: bytes) -> HookRequest:
    try:
        found = msgspec.json.decode(raw, type=HookRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        expected = "Expected a request of CDS Hooks 2.0 with hook, context.patientId and prefetch."
        raise invalid_request([FieldError("body", "", expected)]) from None
    if found.hook != HOOK:
        raise invalid_request([FieldError("hook", "/hook", f"Expected {HOOK}.")])
    return found


def _no_patient() -> ApiError:
    return ApiError(
        HTTPStatus.PRECONDITION_FAILED,
        "prefetch-needed",
        "The patient's resources are needed",
        "The service reads what comes in prefetch and fetches nothing by itself.",
        "Send what the prefetch template of GET /cds-services names.",
    )


def _another_patient() -> ApiError:
    wrong = "Expected the patient of context.patientId."
    return invalid_request([FieldError("prefetch.patient", "/prefetch/patient", wrong)])
