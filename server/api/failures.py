"""What goes wrong in the parts below, as problems of the API."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.approvals import ApprovedAlreadyError
from server.flower_command import FlowerCommandError
from server.promotion.candidate_store import ChangedMeanwhileError
from server.promotion.errors import GateRejectedError, InsufficientEvidenceError
from server.promotion.registry import RegistryError
from server.scheduling.lease import BusyError
from server.scheduling.writing import ScheduleChangedError
from shared.errors import JuntosError
from shared.http.problems import ApiError, problem_response, unavailable
from shared.http.request_problems import request_problem

FAILURES = (HTTPException, RequestValidationError, JuntosError, SQLAlchemyError, OSError)
# Which kinds of refusals have a status and a name of their own.
KNOWN: dict[type[JuntosError], tuple[HTTPStatus, str, str]] = {
    ChangedMeanwhileError: (HTTPStatus.CONFLICT, "decided-meanwhile", "Somebody else was first"),
    ApprovedAlreadyError: (HTTPStatus.CONFLICT, "approved-already", "They have approved already"),
    ScheduleChangedError: (
        HTTPStatus.PRECONDITION_FAILED,
        "changed-meanwhile",
        "The schedule is another one now",
    ),
    BusyError: (HTTPStatus.CONFLICT, "busy", "The federation is busy"),
    GateRejectedError: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "gate-rejected",
        "The gate rejected the model",
    ),
    InsufficientEvidenceError: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "insufficient-evidence",
        "The gate could not tell, and no reason was given",
    ),
    RegistryError: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "registry-unavailable",
        "The registry of models did not do it",
    ),
    FlowerCommandError: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "superlink-unavailable",
        "The SuperLink did not do it",
    ),
}
REFUSED = (
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "refused",
    "The coordinator does not accept the request",
)


def add_failures(application: FastAPI) -> None:
    """Let every failure be answered as a problem."""

    def answer(request: Request, error: Exception) -> Response:
        return problem_response(problem_of(error), getattr(request.state, "request_id", ""))

    for kind in FAILURES:
        application.add_exception_handler(kind, answer)


def problem_of(error: Exception) -> ApiError:
    """Return the problem that tells of an error."""
    asked_wrongly = request_problem(error)
    if asked_wrongly is not None:
        return asked_wrongly
    if isinstance(error, JuntosError):
        status, kind, title = KNOWN.get(type(error), REFUSED)
        return ApiError(status, kind, title, error.what, error.fix)
    return unavailable(
        "storage-unavailable",
        "The coordinator cannot read or write what it needs",
        f"Its database or disk does not answer ({type(error).__name__}).",
        "Check that the database runs and that the disk is not full.",
    )


def absent(what: str, name: str | int) -> ApiError:
    """Return the problem of something that is not there."""
    return ApiError(HTTPStatus.NOT_FOUND, "absent", f"There is no {what} {name}")


def conflict(title: str, detail: str, fix: str = "") -> ApiError:
    """Return the problem of something that is not, or no longer, as the request takes it to be."""
    return ApiError(HTTPStatus.CONFLICT, "decided-meanwhile", title, detail, fix)
