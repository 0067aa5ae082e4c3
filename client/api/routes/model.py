"""``/v1/model`` and ``/v1/contract``: what answers, and what it is asked."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from client.api.case_schema import contract_json
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.routes.answers import problems
from client.serving.served_model import ServedModel
from client.serving.services import NodeServices

AnyKey = Annotated[ApiKey, Depends(having())]


def model(services: NodeServices) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(prefix="/v1", tags=["model"], responses=problems())
    contract = contract_json(services.contract)

    @router.get("/model", summary="Which model answers", response_model=dict[str, Any])
    def active_model(_key: AnyKey) -> Response:
        return json_answer(model_json(services.store.active))

    @router.get("/contract", summary="What a case may hold", response_model=dict[str, Any])
    def what_a_case_holds(_key: AnyKey) -> Response:
        return json_answer(contract)

    return router


def model_json(model: ServedModel) -> dict[str, Any]:
    """Return what a caller should know of a model."""
    identity, contract = model.identity, model.contract
    return {
        "version": identity.version,
        "digest": identity.digest,
        "contract": {"version": identity.contract_version, "hash": identity.contract_hash},
        "kind": model.parts.manifest.model,
        "coverages": sorted(model.parts.calibrator.cut_offs),
        "diseases": [
            {"code": leaf, "name": contract.classes[leaf].name} for leaf in contract.leaves
        ],
    }
