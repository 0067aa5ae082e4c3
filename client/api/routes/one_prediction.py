"""``POST /v1/predictions``: one case."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from client.api.answering import Answering, Question
from client.api.bodies import PredictionAnswer, PredictionRequest
from client.api.direct import Address, body_of, caller_with
from client.api.given import given
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import FieldError, invalid_request
from client.api.repeatable import RepeatableRequests
from client.api.routes.answering_again import REPLAYED, content_of, earlier_answers, whole
from client.api.routes.answers import problems
from client.api.routes.challenging import challenge
from client.audit import AuditStore

PATH = "/v1/predictions"
LONGEST_KEY = 200
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=LONGEST_KEY,
        description="The same key and body get the same answer; any other body is refused.",
    ),
]
MayPredict = Annotated[ApiKey, Depends(having("predict"))]


class OnePrediction:
    """Answers one case.

    Parameters
    ----------
    answering : Answering
    repeatable : RepeatableRequests
    audit : AuditStore
    """

    def __init__(
        self, answering: Answering, repeatable: RepeatableRequests, audit: AuditStore
    ) -> None:
        self._answering = answering
        self._repeatable = repeatable
        self._audit = audit

    @property
    def address(self) -> Address:
        """Where it is asked, all day and by most callers."""
        return Address(PATH, self.answer)

    def router(self) -> APIRouter:
        """Return the same address as one that is described."""
        router = APIRouter(tags=["predictions"], responses=problems(409))

        @router.post(PATH, summary="Answer one case", response_model=PredictionAnswer)
        async def predict(
            request: Request,
            body: PredictionRequest,  # noqa: ARG001 - described here, read below
            key: MayPredict,  # noqa: ARG001
            idempotency_key: IdempotencyKey = None,  # noqa: ARG001
        ) -> Response:
            return await self.answer(request)

        return router

    async def answer(self, request: Request) -> Response:
        """Answer a request.

        Raises
        ------
        HTTPException, RequestValidationError, JuntosError
            Why it is not answered.
        """
        key = caller_with(request, "predict")
        repeated = idempotency_key_of(request)
        body = await body_of(request, PredictionRequest)
        if repeated is not None or body.explain or not self._answering.is_quick:
            return await run_in_threadpool(self._answer_slowly, request, body, key.name, repeated)
        asked = [self._question(body)]
        written = await self._answering.answer_soon(asked, key.name, request.state.request_id)
        background = challenge(self._answering, asked, written)
        return json_answer(given(written[0]), background=background)

    def _question(self, body: PredictionRequest) -> Question:
        return self._answering.question(
            body.case,
            body.patient,
            explain=body.explain,
            explain_code=body.explain_code or "",
        )

    def _answer_slowly(
        self, request: Request, body: PredictionRequest, caller: str, repeated: str | None
    ) -> Response:
        question, content = self._question(body), content_of(request, body)
        with self._repeatable.claim(caller, repeated, content, 1) as claim:
            earlier = earlier_answers(self._audit, claim)
            if earlier:
                return json_answer(given(whole(earlier[claim.ids[0]])), headers=REPLAYED)
            asked = [replace(question, id=claim.ids[0])]
            written = self._answering.answer(asked, caller, request.state.request_id)
        background = challenge(self._answering, asked, written)
        return json_answer(given(written[0]), background=background)


def idempotency_key_of(request: Request) -> str | None:
    """Return the request's Idempotency-Key; None without one.

    Raises
    ------
    ApiError
        When it is empty or too long.
    """
    found = request.headers.get("idempotency-key")
    if found is not None and not 1 <= len(found) <= LONGEST_KEY:
        expected = f"Expected from 1 to {LONGEST_KEY} characters."
        raise invalid_request([FieldError("idempotency-key", "", expected)])
    return found
