"""``/healthz`` and ``/readyz``: for whoever watches the service; no key is needed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from client.api.json_answer import json_answer
from client.api.problems import PROBLEM_TYPE
from client.api.routes.answers import PROBLEM_SCHEMA
from client.serving.free_space import refuse_full_disk
from client.serving.services import NodeServices


def health(services: NodeServices) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(tags=["health"])
    unready = {"description": "Why not", "content": {PROBLEM_TYPE: {"schema": PROBLEM_SCHEMA}}}

    @router.get("/healthz", summary="Whether the process runs", response_model=dict[str, Any])
    async def alive() -> Response:
        return json_answer({"status": "ok"})

    @router.get(
        "/readyz",
        summary="Whether it could answer: with a model or engine, a database and room on the disk",
        response_model=dict[str, Any],
        responses={503: unready},
    )
    def ready() -> Response:
        engine = services.rankings.engine if services.rankings is not None else None
        # An engine that ranks answers where there is no model.
        in_use = services.store.in_service.active or engine or services.store.active
        version = in_use.identity.version
        services.audit.check()
        refuse_full_disk(services)
        return json_answer({"status": "ok", "model": version})

    return router
