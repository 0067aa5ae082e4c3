"""The description of the API (OpenAPI 3.1), with the contract's own schema of a case."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from client.api.bodies import Problem
from client.api.case_schema import case_schema
from shared.contract import Contract

ADDRESS = "/v1/openapi.json"
CASE = {"$ref": "#/components/schemas/Case"}


def describe(application: FastAPI, contract: Contract) -> None:
    """Let the application describe itself."""

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
            schemas["Case"] = case_schema(contract)
            nested = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= nested.pop("$defs", {})
            schemas["Problem"] = nested
            application.openapi_schema = _with_case(found)
        return application.openapi_schema

    application.openapi = openapi  # type: ignore[method-assign]


def _with_case(content: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return the description with the case's schema wherever a case is."""
    if isinstance(content, list):
        return [_with_case(each) for each in content]
    if not isinstance(content, dict):
        return content
    if content.get("x-juntos") == "case":
        return CASE
    return {key: _with_case(value) for key, value in content.items()}
