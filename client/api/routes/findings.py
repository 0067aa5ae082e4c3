"""``POST /v1/findings``: what a note says, to be confirmed by a person before it is used."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from client.api.json_answer import json_answer
from client.api.keys.roles import having
from client.api.problems import ApiError
from client.api.routes.answers import problems
from client.ranking.known_terms import known_terms
from client.serving.services import NodeServices
from client.sources.phenopackets.case_content import findings_features
from shared.findings_in_notes.note_tokens import LARGEST_NOTE
from shared.findings_in_notes.reading import reader_of
from shared.settings_file import StrictModel

State = Literal["present", "excluded", "family", "uncertain"]


class FindingsRequest(StrictModel):
    """A note to read."""

    text: str = Field(
        max_length=LARGEST_NOTE, description="In English or Spanish. It is not kept anywhere."
    )


class ProposedFinding(StrictModel):
    """One finding in the note."""

    code: str
    name: str
    start: int = Field(description="Place in the text, in characters from 0.")
    end: int
    text: str
    state: State = Field(
        description="present, excluded, family (a relative's) or uncertain (also what might come)."
    )
    cue: str = Field(description="The words that made it other than present.")
    recognised: Literal["name", "abbreviation", "typing error", "shared word"]
    feature: str | None = Field(
        description="Of the contract, where the finding would stand once confirmed; else null."
    )


class FindingsAnswer(StrictModel):
    """Proposals: none of them is used before a person has confirmed it."""

    release: str = Field(description="Of the ontology.")
    findings: list[ProposedFinding]


def findings(services: NodeServices) -> APIRouter:
    """Return the address."""
    router = APIRouter(tags=["findings"], responses=problems(404))

    @router.post(
        "/v1/findings",
        summary="Propose findings for a note",
        response_model=FindingsAnswer,
        dependencies=[Depends(having("predict"))],
    )
    def propose(body: FindingsRequest) -> Response:
        present, absent = findings_features(services.contract)
        if present is None and absent is None:
            raise ApiError(
                HTTPStatus.NOT_FOUND,
                "no-findings",
                "The contract records no findings of HPO",
                fix="GET /v1/contract lists what it records.",
            )
        known = known_terms(services)
        places = {"present": present, "excluded": absent}
        found = [
            {**vars(each), "feature": places.get(each.state)}
            for each in reader_of(known).read(body.text)
        ]
        return json_answer({"release": known.version(), "findings": found})

    return router
