"""The description of the API: true, complete, and nothing that follows it or breaks it fails."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import CheckContext, GenerationMode, Response
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from server.accounts.services import open_accounts
from server.api.application import create_api
from server.home import CoordinatorHome
from tests.sample_federation import WAITING
from tests.unit.server.api.conftest import Api

# No SuperLink runs here, and no model is registered: what needs them says so.
EXPECTED = ("superlink-unavailable", "registry-unavailable")


def answers(
    _context: CheckContext, response: Response, _case: schemathesis.Case[Any]
) -> bool | None:
    """Refuse failures that are not told of in words."""
    if response.status_code >= 500:
        assert response.status_code == 503
        assert response.json()["type"].rpartition(":")[2] in EXPECTED
    return None


CHECKS = [
    answers,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
# What is there, so that not every name that is tried is unknown.
KNOWN = {"run": "run-0026", "model": WAITING, "number": 1, "version": "1.1.0"}
# Hospitals without a node, since no SuperLink runs here that could forget one.
NAMES = {"hospitals": "Coimbra", "accounts": "vera.costa", "tokens": "tried-too"}


@pytest.fixture
def described(home: CoordinatorHome) -> OpenApiSchema:
    known = open_accounts(home)
    token = known.api_tokens.add("tried", known.store.get("ada.lopez"), "administrator", 1)
    known.api_tokens.add("tried-too", known.store.get("vera.costa"), "viewer", 1)
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", create_api(home, known))
    schema.config.update(headers={"Authorization": f"Bearer {token}"})
    return schema


def known_names(case: schemathesis.Case[Any]) -> None:
    """Let every second request be about something that is there."""
    for name in case.path_parameters:
        if len(str(case.path_parameters[name])) % 2 == 0:
            of_this = NAMES.get(case.path.split("/")[2], "")
            case.path_parameters[name] = KNOWN.get(name, of_this)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_makes_it_fail(described: OpenApiSchema, mode: GenerationMode) -> None:
    asked = set()
    for operation in operations(described):

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
            if mode is GenerationMode.POSITIVE:
                known_names(case)
            case.call_and_validate(checks=CHECKS)
            asked.add(case.operation.label)

        # Nothing can be wrong with a request that has no part.
        with contextlib.suppress(Unsatisfiable):
            ask()
    assert len(asked) >= (30 if mode is GenerationMode.POSITIVE else 20)


def operations(schema: OpenApiSchema) -> Iterator[Any]:
    return (found.ok() for found in schema.get_all_operations() if isinstance(found, Ok))


def test_it_is_the_version_that_tools_know(api: Api) -> None:
    found = api.call("GET", "/v1/openapi.json", None).json()
    assert found["openapi"].startswith("3.1")
    for path, methods in found["paths"].items():
        for operation in methods.values():
            assert path.startswith("/v1/")
            assert operation["security"] == [{"token": []}], path
            assert operation["tags"], path
            assert "HTTPValidationError" not in str(operation)


def test_every_post_that_starts_something_takes_a_key(api: Api) -> None:
    found = api.call("GET", "/v1/openapi.json", None).json()
    # What these answer opens a door, so it is not kept to be given again.
    secret = {"/v1/accounts", "/v1/accounts/{name}/link", "/v1/tokens", "/v1/tokens/{name}/revoke"}
    posts = {path: each["post"] for path, each in found["paths"].items() if "post" in each}
    assert secret < set(posts)
    for path, operation in posts.items():
        names = {each["name"] for each in operation.get("parameters", [])}
        assert ("Idempotency-Key" in names) == (path not in secret), path


def test_the_documentation_names_every_address(api: Api) -> None:
    text = (Path(__file__).parents[4] / "docs" / "coordinator-api.md").read_text()
    for path in api.call("GET", "/v1/openapi.json", None).json()["paths"]:
        assert f"`{path}`" in text, path
