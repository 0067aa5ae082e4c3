"""What goes wrong in the parts below, as problems of the API."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from client.api.problems import (
    ApiError,
    FieldError,
    invalid_case,
    problem_response,
    unavailable,
)
from client.audit import AuditUnavailableError
from client.serving.case_problem import CaseError
from client.serving.model_store import NoModelError
from shared.errors import DataError, JuntosError
from shared.http.request_problems import request_problem

FAILURES = (HTTPException, RequestValidationError, JuntosError, SQLAlchemyError, OSError)


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
    if isinstance(error, CaseError):
        return invalid_case(error.problems)
    if isinstance(error, JuntosError):
        return _known(error)
    return unavailable(
        "storage-unavailable",
        "The node cannot read or write what it needs",
        f"The node's database or disk does not answer ({type(error).__name__}).",
        "Check that the database runs and that the disk is not full.",
    )


def _known(error: JuntosError) -> ApiError:
    if isinstance(error, AuditUnavailableError):
        title = "The answer cannot be written down, so it is not given"
        return unavailable("audit-unavailable", title, error.what, error.fix)
    if isinstance(error, NoModelError):
        return unavailable("no-model", "There is no model to answer with", error.what, error.fix)
    errors = [
        FieldError(each.column, "", f"Expected {each.expected}.", each.fix)
        for each in (error.problems if isinstance(error, DataError) else [])
    ]
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "refused",
        "The node does not accept the request",
        error.what,
        error.fix,
        errors,
    )
