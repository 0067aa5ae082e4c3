"""What went wrong, as programs read it: Problem Details for HTTP APIs (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

from client.serving.case_problem import CaseProblem
from shared.http.problems import (
    PROBLEM_TYPE,
    ApiError,
    FieldError,
    field_error,
    invalid_request,
    plain_problem,
    problem_json,
    problem_response,
    unavailable,
)

__all__ = [
    "PROBLEM_TYPE",
    "ApiError",
    "FieldError",
    "case_error",
    "field_error",
    "invalid_case",
    "invalid_request",
    "plain_problem",
    "problem_json",
    "problem_response",
    "unavailable",
]

# A feature, perhaps a place in its list of terms, perhaps its unit.
PLACE = re.compile(r"([a-z][a-z0-9_]*)(?:\[(\d+)\])?(\.unit)?")


def invalid_case(problems: Iterable[CaseProblem], pointer: str = "/case") -> ApiError:
    """Return what is wrong with a case.

    Parameters
    ----------
    pointer : str
        Where the case stands in the request's body.
    """
    errors = [case_error(each, pointer) for each in problems]
    count = "one field" if len(errors) == 1 else f"{len(errors)} fields"
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-case",
        "The case does not meet the contract",
        f"The case does not meet the contract in {count}.",
        "Correct the fields; GET /v1/contract says what each may hold.",
        errors,
    )


def case_error(problem: CaseProblem, pointer: str = "/case") -> FieldError:
    """Return one problem of a case as an error of the request."""
    return FieldError(
        problem.field,
        pointer + _pointer(problem.field),
        f"Expected {problem.expected}.",
        problem.fix,
    )


def _pointer(place: str) -> str:
    match = PLACE.fullmatch(place)
    if match is None:
        return "/" + place.replace("~", "~0").replace("/", "~1")
    name, index, unit = match.groups()
    return f"/{name}" + (f"/{index}" if index else "") + ("/unit" if unit else "")
