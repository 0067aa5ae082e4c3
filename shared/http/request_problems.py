"""What the framework finds wrong with a request, as problems."""

from __future__ import annotations

from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.http.problems import ApiError, field_error, invalid_request, plain_problem


def request_problem(error: Exception) -> ApiError | None:
    """Return the problem that tells of an error in what was asked; None for any other error."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.BAD_REQUEST:
        fix = "Send JSON in UTF-8, without anything nested endlessly."
        return ApiError(400, "unreadable", "The request cannot be read", fix=fix)
    if isinstance(error, HTTPException):
        return plain_problem(error.status_code, error.headers)
    if isinstance(error, RequestValidationError):
        return invalid_request([field_error(each) for each in error.errors()])
    return None
