"""What is said of requests with an ``Idempotency-Key`` that cannot be answered again."""

from __future__ import annotations

from http import HTTPStatus

from shared.http.problems import ApiError


def key_reused() -> ApiError:
    """Return the problem of a key that belongs to another request."""
    return ApiError(
        HTTPStatus.CONFLICT,
        "idempotency-key-reused",
        "The Idempotency-Key was used for another request",
        fix="Take a new key for each new request.",
    )


def still_in_work() -> ApiError:
    """Return the problem of a key whose first request is not over."""
    return ApiError(
        HTTPStatus.CONFLICT,
        "request-in-work",
        "The first request with this Idempotency-Key is not answered yet",
        fix="Ask again in a moment.",
        headers={"Retry-After": "1"},
    )
