"""The description of the API (OpenAPI 3.1), with the contract's own schema of a case."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from client.api.case_schema import case_schema
from shared.contract import Contract
from shared.http.description import ADDRESS
from shared.http.description import describe as describe_any

__all__ = ["ADDRESS", "CASE", "describe"]

CASE = {"$ref": "#/components/schemas/Case"}


def describe(application: FastAPI, contract: Contract) -> None:
    """Let the application describe itself."""

    def with_contract(found: dict[str, Any]) -> dict[str, Any]:
        found["components"]["schemas"]["Case"] = case_schema(contract)
        finished: dict[str, Any] = _with_case(found)
        return finished

    describe_any(application, with_contract)


def _with_case(content: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return the description with the case's schema wherever a case is."""
    if isinstance(content, list):
        return [_with_case(each) for each in content]
    if not isinstance(content, dict):
        return content
    if content.get("x-juntos") == "case":
        return CASE
    return {key: _with_case(value) for key, value in content.items()}
