"""``POST /v1/predictions/batch``: several cases in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from client.api.answering import Answering, Question
from client.api.bodies import BatchAnswer, BatchRequest, NamedCase
from client.api.given import given
from client.api.json_answer import json_answer
from client.api.problems import (
    ApiError,
    FieldError,
    invalid_case,
    invalid_request,
    problem_json,
)
from client.api.repeatable import RepeatableRequests
from client.api.routes.answering_again import REPLAYED, content_of, earlier_answers, whole
from client.api.routes.answers import problems
from client.api.routes.challenging import challenge
from client.api.routes.one_prediction import PATH, IdempotencyKey, MayPredict
from client.audit import AuditStore, Prediction, Recorded
from client.serving.case_problem import CaseError
from shared.errors import SettingsError

Read = Question | ApiError
Found = Mapping[str, Recorded | Prediction]


def batch_predictions(
    answering: Answering, repeatable: RepeatableRequests, audit: AuditStore, largest_batch: int
) -> APIRouter:
    """Return the address.

    Parameters
    ----------
    largest_batch : int
        Cases of one request.
    """
    router = APIRouter(tags=["predictions"], responses=problems(409))

    @router.post(f"{PATH}/batch", summary="Answer several cases", response_model=BatchAnswer)
    def predict_batch(
        request: Request,
        body: BatchRequest,
        key: MayPredict,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        count, content = len(body.cases), content_of(request, body)
        if count > largest_batch:
            raise _too_many(largest_batch)
        with repeatable.claim(key.name, idempotency_key, content, count) as claim:
            earlier = earlier_answers(audit, claim)
            read = [_read(answering, each, place) for place, each in enumerate(body.cases)]
            asked = _not_answered(read, claim.ids, earlier)
            written = answering.answer(asked, key.name, request.state.request_id)
        found = earlier | {each.id: each for each in written}
        return json_answer(
            _batch(read, claim.ids, found, request.state.request_id),
            headers=REPLAYED if earlier else None,
            background=challenge(answering, asked, written),
        )

    return router


def _read(answering: Answering, named: NamedCase, place: int) -> Read:
    try:
        return answering.question(named.case, named.patient)
    except CaseError as error:
        return invalid_case(error.problems, f"/cases/{place}/case")
    except SettingsError as error:
        wrong = FieldError("patient", f"/cases/{place}/patient", error.what, error.fix)
        return invalid_request([wrong])


def _not_answered(read: Sequence[Read], ids: Sequence[str], earlier: Found) -> list[Question]:
    """Return the questions under their ids, but those that were answered before."""
    return [
        replace(each, id=name)
        for each, name in zip(read, ids, strict=True)
        if isinstance(each, Question) and name not in earlier
    ]


def _batch(
    read: Sequence[Read], ids: Sequence[str], found: Found, request_id: str
) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    for place, (each, name) in enumerate(zip(read, ids, strict=True)):
        if isinstance(each, ApiError):
            results.append({"index": place, "problem": problem_json(each)})
        else:
            results.append({"index": place, "prediction": given(whole(found[name]))})
    refused = sum(isinstance(each, ApiError) for each in read)
    return {
        "request_id": request_id,
        "answered": len(read) - refused,
        "refused": refused,
        "results": results,
    }


def _too_many(largest: int) -> ApiError:
    detail = f"Expected at most {largest} cases."
    fix = "Send a file to /v1/batches, or several requests."
    return invalid_request([FieldError("cases", "/cases", detail, fix)])
