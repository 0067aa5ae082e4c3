"""``/v1/batches``: files of cases that are answered later."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from client.api.batches.batch_folder import BatchFolder
from client.api.batches.batch_store import BatchFiles, no_such_file, take_in
from client.api.batches.batch_worker import BatchWorker
from client.api.batches.lines import FORMATS, format_of
from client.api.batches.results import as_csv, as_ndjson, results
from client.api.bodies import BatchFile, BatchFileList
from client.api.json_answer import json_answer
from client.api.keys.key_book import ApiKey
from client.api.keys.roles import having
from client.api.problems import ApiError
from client.api.routes.answers import problems
from client.audit import AuditStore
from client.serving.services import NodeServices

MayPredict = Annotated[ApiKey, Depends(having("predict"))]
MaySee = Annotated[ApiKey, Depends(having("predict", "audit"))]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string"}} for name in FORMATS},
    }
}
NDJSON = "application/x-ndjson"
RESULTS = {
    "description": "One line for each case, in the order of the file.",
    "content": {NDJSON: {"schema": {"type": "string"}}, "text/csv": {"schema": {"type": "string"}}},
}


def batches(
    services: NodeServices, files: BatchFiles, worker: BatchWorker, most_cases: int
) -> APIRouter:
    """Return the addresses.

    Parameters
    ----------
    most_cases : int
        Of one file.
    """
    router = APIRouter(prefix="/v1/batches", tags=["files of cases"], responses=problems())
    _add_sending(router, services, files, worker, most_cases)
    _add_looking(router, files)
    _add_results(router, files, services.audit)
    _add_removing(router, files)
    return router


def _add_sending(
    router: APIRouter,
    services: NodeServices,
    files: BatchFiles,
    worker: BatchWorker,
    most_cases: int,
) -> None:
    @router.post(
        "",
        summary="Send a file of cases",
        status_code=202,
        response_model=BatchFile,
        responses=problems(415),
        openapi_extra=BODY,
    )
    async def send(request: Request, key: MayPredict) -> Response:
        form = format_of(request.headers.get("content-type", ""))
        content = await request.body()
        folder = await run_in_threadpool(
            take_in, files, services, content, form, caller=key.name, most_cases=most_cases
        )
        worker.wake()
        headers = {"Location": f"/v1/batches/{folder.id}"}
        return json_answer(batch_json(folder), HTTPStatus.ACCEPTED, headers)


def _add_looking(router: APIRouter, files: BatchFiles) -> None:
    @router.get("", summary="The files of this key", response_model=BatchFileList)
    def everything(key: MaySee) -> Response:
        found = [each for each in files.all() if _may_see(key, each)]
        return json_answer({"batches": [batch_json(each) for each in found]})

    @router.get(
        "/{batch}", summary="How far a file is", response_model=BatchFile, responses=problems(404)
    )
    def status(batch: str, key: MaySee) -> Response:
        return json_answer(batch_json(_of(key, files.get(batch))))


def _add_results(router: APIRouter, files: BatchFiles, audit: AuditStore) -> None:
    @router.get(
        "/{batch}/results",
        summary="The answers, once all are there",
        response_class=StreamingResponse,
        responses={200: RESULTS, **problems(404, 409)},
    )
    def get_results(
        batch: str,
        key: MaySee,
        format: Literal["ndjson", "csv"] = "ndjson",  # noqa: A002 - the parameter's name
    ) -> Response:
        folder = _of(key, files.get(batch))
        if folder.waiting():
            raise _not_finished()
        found = results(folder, audit)
        if format == "csv":
            return StreamingResponse(as_csv(found), media_type="text/csv; charset=utf-8")
        return StreamingResponse(as_ndjson(found), media_type=NDJSON)


def _add_removing(router: APIRouter, files: BatchFiles) -> None:
    @router.delete(
        "/{batch}",
        summary="Stop and remove a file; answers that were given stay written down",
        status_code=204,
        responses=problems(404),
    )
    def remove(batch: str, key: MayPredict) -> Response:
        _of(key, files.get(batch)).remove()
        return Response(status_code=HTTPStatus.NO_CONTENT)


def batch_json(folder: BatchFolder) -> dict[str, Any]:
    """Return how far a file is."""
    about, progress = folder.about(), folder.progress()
    finished = len(progress.pieces) == about.pieces
    state = "finished" if finished else "running" if progress.pieces else "waiting"
    return {
        "id": about.id,
        "state": state,
        "created": about.created,
        "cases": about.cases,
        "answered": progress.answered,
        "refused": progress.refused,
        "problem": "" if finished else folder.problem,
    }


def _may_see(key: ApiKey, folder: BatchFolder) -> bool:
    return "audit" in key.roles or folder.about().caller == key.name


def _of(key: ApiKey, folder: BatchFolder) -> BatchFolder:
    """Return the folder, unless it is another key's."""
    if not _may_see(key, folder):
        raise no_such_file()
    return folder


def _not_finished() -> ApiError:
    return ApiError(
        HTTPStatus.CONFLICT,
        "not-finished",
        "Not all cases are answered yet",
        fix="Ask GET /v1/batches/ID how far it is.",
        headers={"Retry-After": "5"},
    )
