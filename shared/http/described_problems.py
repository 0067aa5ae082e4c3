"""What the description of the API says of each address's problems."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import Field

from shared.http.problems import PROBLEM_TYPE
from shared.settings_file import StrictModel

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
# Of any address that needs a key.
ALWAYS = (400, 401, 403, 413, 422, 429, 500, 503)


def problems(*others: int) -> dict[int | str, dict[str, Any]]:
    """Return the problems that an address may answer with, beside those of all."""
    content = {PROBLEM_TYPE: {"schema": PROBLEM_SCHEMA}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*ALWAYS, *others})
    }


class FieldErrorBody(StrictModel):
    """One thing wrong with one field."""

    field: str
    pointer: str | None = Field(default=None, description="JSON Pointer into the request.")
    detail: str
    fix: str | None = None


class Problem(StrictModel):
    """Problem Details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    fix: str | None = None
    request_id: str | None = None
    errors: list[FieldErrorBody] | None = None
