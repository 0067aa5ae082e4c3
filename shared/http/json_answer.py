"""Answers as JSON, without a detour through the framework's own encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.background import BackgroundTask
from starlette.responses import Response


def json_answer(
    content: Any,  # noqa: ANN401
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    background: BackgroundTask | None = None,
    media_type: str = "application/json",
) -> Response:
    """Return JSON values as an answer."""
    body = msgspec.json.encode(content)
    return Response(body, status, dict(headers or {}), media_type, background)
