"""The description of the API: true, complete, and nothing that follows it or breaks it fails."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import schemathesis
import tomli_w
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema_rs import Draft202012Validator, meta
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from client.api.application import create_api
from client.api.keys.key_book import KeyBook
from client.api.settings import ApiSettings
from client.serving.services import NodeServices
from tests.unit.client.api.conftest import CASE, RATE, Api
from tests.unit.client.api.test_fhir import MAPPING

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 10


@pytest.fixture
def described(services: NodeServices) -> OpenApiSchema:
    (services.home.path / "fhir.toml").write_text(tomli_w.dumps(MAPPING))
    chosen = ApiSettings.model_validate({"rate": RATE, "fhir": {"mapping": "fhir.toml"}})
    roles = ["predict", "confirm", "audit", "admin"]
    token = KeyBook(services.audit.engine).add("schemathesis", roles)
    application = create_api(services, settings=chosen, observers=[])
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", application)
    schema.config.update(headers={"Authorization": f"Bearer {token}"})
    return schema


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_makes_it_fail(described: OpenApiSchema, mode: GenerationMode) -> None:
    asked = set()
    for operation in (
        found.ok() for found in described.get_all_operations() if isinstance(found, Ok)
    ):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)
            asked.add(case.operation.label)

        # Nothing can be wrong with a request that has no part.
        with contextlib.suppress(Unsatisfiable):
            ask()
    assert len(asked) >= (15 if mode is GenerationMode.POSITIVE else 7)


def test_it_is_the_version_that_tools_know(api: Api) -> None:
    found = api.call("GET", "/v1/openapi.json", None).json()
    assert found["openapi"].startswith("3.1")
    paths = set(found["paths"])
    assert {"/v1/predictions", "/v1/predictions/batch", "/v1/batches", "/fhir/$predict"} <= paths
    for path, methods in found["paths"].items():
        for operation in methods.values():
            if path.startswith("/v1/"):
                assert operation["security"] == [{"key": []}], path
            assert "HTTPValidationError" not in str(operation)


def test_the_case_is_the_contract_s(api: Api) -> None:
    found = api.call("GET", "/v1/openapi.json", None).json()
    schemas = found["components"]["schemas"]
    assert schemas["NamedCase"]["properties"]["case"] == {"$ref": "#/components/schemas/Case"}
    assert meta.is_valid(schemas["Case"])
    validator = Draft202012Validator(schemas["Case"])
    assert validator.is_valid(CASE)
    assert not validator.is_valid({**CASE, "age": 300})
    assert not validator.is_valid({**CASE, "weight": 1})
