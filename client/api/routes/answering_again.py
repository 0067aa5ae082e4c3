"""Requests that were answered before: recognised, and answered from what was written down."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from fastapi import Request
from pydantic import BaseModel

from client.api.problems import ApiError
from client.api.repeatable import Claim
from client.audit import AuditStore, Prediction, Recorded

REPLAYED = {"Idempotent-Replayed": "true"}


def content_of(request: Request, body: BaseModel) -> bytes:
    """Return what makes two requests the same, whatever the order of their keys."""
    content = [request.url.path, body.model_dump(mode="json")]
    return msgspec.json.encode(content, order="deterministic")


def earlier_answers(audit: AuditStore, claim: Claim) -> dict[str, Recorded | Prediction]:
    """Return what was answered to the same request before, by id."""
    if not claim.repeated:
        return {}
    found = [audit.get(each) for each in claim.ids]
    return {each.id: each for each in found if each is not None}


def whole(written: Recorded | Prediction) -> Recorded | Prediction:
    """Return an answer whose contents are still there.

    Raises
    ------
    ApiError
        410 where they were removed.
    """
    if written.output is None:
        raise ApiError(
            HTTPStatus.GONE,
            "answer-removed",
            "The answer was removed",
            "The patient was erased, or the answer was kept for as long as the policy says.",
        )
    return written
