"""The description of an API (OpenAPI 3.1), with the shape of its problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.http.described_problems import Problem

ADDRESS = "/v1/openapi.json"


def describe(
    application: FastAPI,
    finish: Callable[[dict[str, Any]], dict[str, Any]] = lambda found: found,
) -> None:
    """Let an application describe itself.

    Parameters
    ----------
    finish : callable
        Gets the description and returns it with what only the application knows.
    """

    def openapi() -> dict[str, Any]:
        if application.openapi_schema is None:
            found = get_openapi(
                title=application.title,
                version=application.version,
                openapi_version=application.openapi_version,
                summary=application.summary,
                routes=application.routes,
            )
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            nested = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= nested.pop("$defs", {})
            schemas["Problem"] = nested
            application.openapi_schema = finish(found)
        return application.openapi_schema

    application.openapi = openapi  # type: ignore[method-assign]
