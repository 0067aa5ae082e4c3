"""``POST /v1/rankings``: all known diseases, ranked by a patient's findings."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from client.api.answering import Answering, Question
from client.api.bodies import NamedCase, PredictionAnswer
from client.api.given import given
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import ApiError
from client.api.routes.answers import problems
from client.api.routes.phenopackets import BODY, body_of, question_of_packet
from client.audit import Prediction
from client.ranking.served_ranking import ServedRanking
from client.serving.services import NodeServices
from client.similar_cases.looking import as_json, look
from shared.settings_file import StrictModel

PATH = "/v1/rankings"
MayPredict = Annotated[ApiKey, Depends(having("predict"))]


class RankingAnswer(PredictionAnswer):
    """The differential, with the reasons of each disease."""

    ranking: dict[str, Any] = Field(
        description="diseases with matching, missing and contradicting findings and the parts of "
        "their score; something_else; next_findings; unknown, replaced and contradictory codes; "
        "the prevalence that entered."
    )


class SimilarAnswer(StrictModel):
    """Cases of this hospital alone."""

    cases: list[dict[str, Any]] = Field(
        description="the most similar first: the patient's pseudonym, prediction_id of an answer "
        "that was confirmed, diagnosis, date, similarity from 0 to 1, shared findings. Who saw "
        "which is written down."
    )


def rankings(services: NodeServices, answering: Answering) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(tags=["rankings"], responses=problems(404))

    @router.post(PATH, summary="Rank all known diseases", response_model=RankingAnswer)
    def rank(request: Request, body: NamedCase, key: MayPredict) -> Response:
        engine = engine_of(services)
        question = answering.question(body.case, body.patient)
        return _given(services, engine, question, key, request)

    @router.post(
        f"{PATH}/phenopacket",
        summary="Rank all known diseases for a Phenopacket",
        response_model=RankingAnswer,
        openapi_extra={"requestBody": BODY},
    )
    def rank_packet(
        request: Request, body: Annotated[bytes, Depends(body_of)], key: MayPredict
    ) -> Response:
        engine = engine_of(services)
        question = question_of_packet(answering, services.contract, body)
        return _given(services, engine, question, key, request)

    @router.post(
        f"{PATH}/similar",
        summary="The hospital's own most similar cases",
        response_model=SimilarAnswer,
    )
    def similar(body: NamedCase, key: MayPredict) -> Response:
        engine_of(services)
        question = answering.question(body.case, body.patient)
        found = look(services, question.case, question.patient, key.name)
        return json_answer({"cases": [as_json(services, each) for each in found]})

    return router


def engine_of(services: NodeServices) -> ServedRanking:
    """Return the engine.

    Raises
    ------
    ApiError
        404 where there is none.
    """
    engine = services.rankings.engine if services.rankings is not None else None
    if engine is None:
        raise ApiError(
            HTTPStatus.NOT_FOUND,
            "no-engine",
            "No engine that ranks diseases is installed at this hospital",
            fix="Ask the coordinator to deploy one.",
        )
    return engine


def _given(
    services: NodeServices,
    engine: ServedRanking,
    question: Question,
    key: ApiKey,
    request: Request,
) -> Response:
    begun = time.perf_counter()
    output = engine.output(question.case)
    written = Prediction(
        input=question.case.values,
        output=output,
        caller=key.name,
        model=engine.identity.version,
        model_digest=engine.identity.digest,
        contract=engine.identity.contract_version,
        patient=question.patient,
        request=request.state.request_id,
        latency=time.perf_counter() - begun,
        id=question.id,
    )
    services.audit.record(written)
    return json_answer({**given(written), "ranking": output["ranking"]})
