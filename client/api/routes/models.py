"""``/v1/models``: the models in the store, for keys with the role admin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from client.api.bodies import StoredModelBody, StoredModelList
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import ApiError
from client.api.routes.answers import problems
from client.serving.model_store import ModelStore
from client.serving.stored_model import StoredModel
from shared.errors import BundleError

MayAdminister = Annotated[ApiKey, Depends(having("admin"))]


def models(store: ModelStore) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(prefix="/v1/models", tags=["model"], responses=problems(409))

    @router.get("", summary="All models in the store", response_model=StoredModelList)
    def everything(_key: MayAdminister) -> Response:
        return json_answer({"models": [asdict(each) for each in store.models()]})

    @router.post(
        "/rollback",
        summary="Go back to the model before, and stay with it",
        response_model=StoredModelBody,
    )
    def rollback(_key: MayAdminister) -> Response:
        return _changed(store.rollback)

    @router.post(
        "/pin",
        summary="Stay with the active model, whatever the coordinator deploys",
        response_model=StoredModelBody,
    )
    def pin(_key: MayAdminister) -> Response:
        return _changed(store.pin)

    @router.post("/unpin", summary="Follow the coordinator again", response_model=StoredModelBody)
    def unpin(_key: MayAdminister) -> Response:
        return _changed(store.unpin)

    return router


def _changed(change: Callable[[], StoredModel]) -> Response:
    try:
        return json_answer(asdict(change()))
    except BundleError as error:
        raise ApiError(
            HTTPStatus.CONFLICT,
            "model-not-changed",
            "The model is not changed",
            error.what,
            error.fix,
        ) from None
