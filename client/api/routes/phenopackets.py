"""``POST /v1/predictions/phenopacket``: one case as a GA4GH Phenopacket."""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response

from client.api.answering import Answering, Question
from client.api.bodies import PredictionAnswer
from client.api.given import given
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import ApiError, FieldError, case_error
from client.api.repeatable import RepeatableRequests
from client.api.routes.answering_again import REPLAYED, earlier_answers, whole
from client.api.routes.answers import problems
from client.api.routes.challenging import challenge
from client.audit import AuditStore
from client.serving.case_problem import CaseError, CaseProblem
from client.sources.phenopackets.case_content import case_content, findings_features
from client.sources.phenopackets.facts import PacketFacts, facts_of
from client.sources.phenopackets.packet import PacketError, Phenopacket, packets_of
from shared.contract import Contract

PATH = "/v1/predictions/phenopacket"
SCHEMA = "https://phenopacket-schema.readthedocs.io/en/latest/phenopacket.html"
BODY = {
    "required": True,
    "description": f"A Phenopacket of schema version 2 in JSON: {SCHEMA}",
    "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
}
MayPredict = Annotated[ApiKey, Depends(having("predict"))]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=200)]
FIX = "docs/sources/phenopackets.md says what is read of a packet."
PLACE = re.compile(r"`\$([^`]*)`")


async def body_of(request: Request) -> bytes:
    """Return a request's body as it came."""
    return await request.body()


def phenopackets(
    answering: Answering, repeatable: RepeatableRequests, audit: AuditStore, contract: Contract
) -> APIRouter:
    """Return the address."""
    router = APIRouter(tags=["predictions"], responses=problems(409))

    @router.post(
        PATH,
        summary="Answer one case given as a Phenopacket",
        response_model=PredictionAnswer,
        openapi_extra={"requestBody": BODY},
    )
    def predict(
        request: Request,
        body: Annotated[bytes, Depends(body_of)],
        key: MayPredict,
        explain: Annotated[bool, Query()] = False,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        question = question_of_packet(answering, contract, body, explain=explain)
        content = PATH.encode() + bytes([explain]) + body
        with repeatable.claim(key.name, idempotency_key, content, 1) as claim:
            earlier = earlier_answers(audit, claim)
            if earlier:
                return json_answer(given(whole(earlier[claim.ids[0]])), headers=REPLAYED)
            asked = [replace(question, id=claim.ids[0])]
            written = answering.answer(asked, key.name, request.state.request_id)
        background = challenge(answering, asked, written)
        return json_answer(given(written[0]), background=background)

    return router


def question_of_packet(
    answering: Answering, contract: Contract, body: bytes, *, explain: bool = False
) -> Question:
    """Return the question that a packet asks.

    Raises
    ------
    ApiError
        Naming the place of everything that is wrong.
    """
    packet = _one(body)
    return _question(answering, contract, packet, facts_of(packet), explain=explain)


def _one(body: bytes) -> Phenopacket:
    try:
        found = packets_of(body)
    except PacketError as error:
        place = PLACE.search(error.expected)
        pointer = _pointer(place[1]) if place else ""
        raise _invalid([FieldError("body", pointer, f"Expected {error.expected}.", FIX)]) from None
    if len(found) != 1:
        expected = "Expected one packet."
        raise _invalid([FieldError("body", "/members", expected, "Send each by itself.")])
    return found[0]


def _question(
    answering: Answering,
    contract: Contract,
    packet: Phenopacket,
    facts: PacketFacts,
    *,
    explain: bool,
) -> Question:
    if facts.unreadable:
        errors = [
            FieldError(
                each, _pointer(f".{each}"), "Expected a duration as in ISO 8601.", "As in P4Y2M."
            )
            for each in facts.unreadable
        ]
        raise _invalid(errors)
    try:
        patient = facts.patient or None
        return answering.question(case_content(contract, facts), patient, explain=explain)
    except CaseError as error:
        raise _invalid(
            [_in_packet(each, contract, packet, facts) for each in error.problems]
        ) from None


def _in_packet(
    problem: CaseProblem, contract: Contract, packet: Phenopacket, facts: PacketFacts
) -> FieldError:
    """Return what is wrong with a case at its place in the packet."""
    match = re.fullmatch(r"(\w+)\[(\d+)\]", problem.field)
    present, absent = findings_features(contract)
    if match is None or match[1] not in (present, absent):
        return replace(case_error(problem), pointer="")
    codes = facts.observed if match[1] == present else facts.excluded
    code = codes[int(match[2])]
    place = next(
        index
        for index, each in enumerate(packet.phenotypic_features)
        if each.type.id == code and each.excluded == (match[1] == absent)
    )
    return replace(case_error(problem), pointer=f"/phenotypicFeatures/{place}/type/id")


def _pointer(place: str) -> str:
    """Return a place such as ``.a[3].b`` as a JSON Pointer (RFC 6901)."""
    return re.sub(r"\[(\w+|\.\.\.)\]", r"/\1", place).replace(".", "/")


def _invalid(errors: list[FieldError]) -> ApiError:
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-phenopacket",
        "The phenopacket cannot be answered",
        fix=FIX,
        errors=errors,
    )
