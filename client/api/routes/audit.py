"""``GET /v1/predictions``: what was answered before, for keys with the role audit."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import ApiError
from client.api.routes.answers import problems
from client.audit import AuditQuery, AuditStore

MayAudit = Annotated[ApiKey, Depends(having("audit"))]
Text = Annotated[str, Query(max_length=200)]


def audit(store: AuditStore) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(prefix="/v1/predictions", tags=["audit"], responses=problems(404))

    @router.get("", summary="Find answers", response_model=dict[str, Any])
    def find(
        _key: MayAudit,
        patient: Text = "",
        pseudonym: Text = "",
        since: Text = "",
        until: Text = "",
        model: Text = "",
        caller: Text = "",
        request: Text = "",
        mode: Literal["", "shown", "shadow"] = "",
        after: Text = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        query = AuditQuery(
            since=since,
            until=until,
            patient=store.pseudonym(patient) if patient else pseudonym,
            model=model,
            caller=caller,
            request=request,
            mode=mode,
        )
        found = store.find(query, limit=limit, after=after)
        following = found[-1].id if len(found) == limit else None
        return json_answer({"predictions": [asdict(each) for each in found], "after": following})

    @router.get("/{prediction}", summary="One answer", response_model=dict[str, Any])
    def get(_key: MayAudit, prediction: str) -> Response:
        found = store.get(prediction)
        if found is None:
            raise ApiError(HTTPStatus.NOT_FOUND, "no-such-answer", "There is no such answer")
        return json_answer(asdict(found))

    return router
