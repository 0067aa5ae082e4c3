"""What went wrong, as programs read it: Problem Details for HTTP APIs (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = 5


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field of a request.

    Attributes
    ----------
    field : str
        For people: ``age``, ``findings[2]``.
    pointer : str
        For programs: a JSON Pointer (RFC 6901) into the request's body; empty outside of it.
    detail : str
        What was expected; never the value that was found.
    fix : str
    """

    field: str
    pointer: str
    detail: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the error as a problem lists it."""
        found = {"field": self.field, "pointer": self.pointer, "detail": self.detail}
        return {key: value for key, value in (found | {"fix": self.fix}).items() if value}


class ApiError(HTTPException):
    """An answer that is a problem.

    Parameters
    ----------
    status : int
    kind : str
        Ends the problem's type: ``urn:juntos:problem:KIND``; empty where HTTP's own word says all.
    title, detail, fix : str
    errors : sequence of FieldError
    headers : mapping of str to str
    """

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str = "",
        fix: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.kind = kind
        self.title = title
        self.fix = fix
        self.errors = list(errors)


def problem_json(error: ApiError, request_id: str = "") -> dict[str, Any]:
    """Return a problem as JSON values."""
    content: dict[str, Any] = {
        "type": f"urn:juntos:problem:{error.kind}" if error.kind else "about:blank",
        "title": error.title,
        "status": error.status_code,
        "detail": error.detail,
        "fix": error.fix,
        "request_id": request_id,
    }
    found = {key: value for key, value in content.items() if value}
    if error.errors:
        found["errors"] = [each.as_json() for each in error.errors]
    return found


def problem_response(error: ApiError, request_id: str = "") -> Response:
    """Return a problem as an answer."""
    # Escaped: a caller's own field name may be no text that can be encoded.
    body = json.dumps(problem_json(error, request_id), ensure_ascii=True).encode("ascii")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return Response(body, error.status_code, headers=headers, media_type=PROBLEM_TYPE)


def plain_problem(status: int, headers: Mapping[str, str] | None = None) -> ApiError:
    """Return a problem about which HTTP's own word says everything."""
    return ApiError(status, "", HTTPStatus(status).phrase, headers=headers or {})


def invalid_request(errors: list[FieldError]) -> ApiError:
    """Return what is wrong with a request whose shape is not the API's."""
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        "The request is not what this address takes",
        fix="Correct the fields; /v1/openapi.json describes each request.",
        errors=errors,
    )


def unavailable(kind: str, title: str, detail: str, fix: str = "") -> ApiError:
    """Return why there is no answer now."""
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, kind, title, detail, fix)


def field_error(found: dict[str, Any]) -> FieldError:
    """Return what is wrong with a request's shape, without what was found there."""
    place: Sequence[str | int] = found["loc"]
    inside = [str(part) for part in place[1:]]
    if found["type"] == "json_invalid":
        return FieldError("body", "", "Expected a JSON object.", "Send application/json.")
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in inside)
    where = ".".join(inside) or str(place[0])
    return FieldError(where, pointer if place[0] == "body" else "", f"{found['msg']}.")
