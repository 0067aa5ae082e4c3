"""``/v1/predictions``: one case, several, and what was answered before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from client.api.answering import Answering, Question
from client.api.bodies import BatchAnswer, BatchRequest, NamedCase, PredictionAnswer
from client.api.bodies import PredictionRequest as PredictionBody
from client.api.given import given
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import (
    ApiError,
    FieldError,
    invalid_case,
    invalid_request,
    problem_json,
)
from client.api.repeatable import Claim, RepeatableRequests
from client.api.routes.answers import problems
from client.audit import AuditStore, Prediction, Recorded
from client.serving.case_problem import CaseError
from shared.errors import SettingsError

MayPredict = Annotated[ApiKey, Depends(having("predict"))]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="The same key and body get the same answer; any other body is refused.",
    ),
]
REPLAYED = {"Idempotent-Replayed": "true"}


def predictions(
    answering: Answering, repeatable: RepeatableRequests, audit: AuditStore, largest_batch: int
) -> APIRouter:
    """Return the addresses.

    Parameters
    ----------
    largest_batch : int
        Cases of one request.
    """
    router = APIRouter(prefix="/v1/predictions", tags=["predictions"], responses=problems(409))

    @router.post("", summary="Answer one case", response_model=PredictionAnswer)
    def predict(
        request: Request,
        body: PredictionBody,
        key: MayPredict,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        question = answering.question(
            body.case,
            body.patient,
            explain=body.explain,
            explain_code=body.explain_code or "",
        )
        with repeatable.claim(key.name, idempotency_key, _content(request, body), 1) as claim:
            earlier = _earlier(audit, claim)
            if earlier:
                return json_answer(given(_whole(earlier[claim.ids[0]])), headers=REPLAYED)
            asked = [replace(question, id=claim.ids[0])]
            (written,) = answering.answer(asked, key.name, request.state.request_id)
        return json_answer(given(written), background=challenge(answering, asked, [written]))

    @router.post("/batch", summary="Answer several cases", response_model=BatchAnswer)
    def predict_batch(
        request: Request,
        body: BatchRequest,
        key: MayPredict,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        count = len(body.cases)
        if count > largest_batch:
            raise _too_many(largest_batch)
        with repeatable.claim(key.name, idempotency_key, _content(request, body), count) as claim:
            earlier = _earlier(audit, claim)
            read = [_read(answering, each, place) for place, each in enumerate(body.cases)]
            asked = [
                replace(each, id=name)
                for each, name in zip(read, claim.ids, strict=True)
                if isinstance(each, Question) and name not in earlier
            ]
            written = answering.answer(asked, key.name, request.state.request_id)
        found = earlier | {each.id: each for each in written}
        content = _batch(read, claim.ids, found, request.state.request_id)
        background = challenge(answering, asked, written)
        return json_answer(content, headers=REPLAYED if earlier else None, background=background)

    return router


def _content(request: Request, body: PredictionBody | BatchRequest) -> bytes:
    """Return what makes two requests the same, whatever the order of their keys."""
    content = [request.url.path, body.model_dump(mode="json")]
    return msgspec.json.encode(content, order="deterministic")


def _earlier(audit: AuditStore, claim: Claim) -> dict[str, Recorded | Prediction]:
    if not claim.repeated:
        return {}
    found = [audit.get(each) for each in claim.ids]
    return {each.id: each for each in found if each is not None}


def _whole(written: Recorded | Prediction) -> Recorded | Prediction:
    if written.output is None:
        raise ApiError(
            HTTPStatus.GONE,
            "answer-removed",
            "The answer was removed",
            "The patient was erased, or the answer was kept for as long as the policy says.",
        )
    return written


def _read(answering: Answering, named: NamedCase, place: int) -> Question | ApiError:
    try:
        return answering.question(named.case, named.patient)
    except CaseError as error:
        return invalid_case(error.problems, f"/cases/{place}/case")
    except SettingsError as error:
        wrong = FieldError("patient", f"/cases/{place}/patient", error.what, error.fix)
        return invalid_request([wrong])


def _batch(
    read: Sequence[Question | ApiError],
    ids: Sequence[str],
    found: dict[str, Recorded | Prediction],
    request_id: str,
) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    for place, (each, name) in enumerate(zip(read, ids, strict=True)):
        if isinstance(each, ApiError):
            results.append({"index": place, "problem": problem_json(each)})
        else:
            results.append({"index": place, "prediction": given(_whole(found[name]))})
    refused = sum(isinstance(each, ApiError) for each in read)
    return {
        "request_id": request_id,
        "answered": len(read) - refused,
        "refused": refused,
        "results": results,
    }


def challenge(
    answering: Answering, asked: Sequence[Question], written: Sequence[Prediction]
) -> BackgroundTask | None:
    """Return what is done once the caller has the answer."""
    if not written or not answering.is_challenged:
        return None
    first = written[0]
    return BackgroundTask(answering.challenge, asked, first.caller, first.request)


def _too_many(largest: int) -> ApiError:
    detail = f"Expected at most {largest} cases."
    fix = "Send a file to /v1/batches, or several requests."
    return invalid_request([FieldError("cases", "/cases", detail, fix)])
