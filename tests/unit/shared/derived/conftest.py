"""A small contract whose features every expression of these tests names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.contract import Contract
from tests.unit.shared.derived.plain_interpreter import CODES

TARGETS = [
    {"code": "none", "name": "None", "frequency": "common"},
    {"code": "disease", "name": "Disease", "frequency": "rare"},
]


def coded(name: str, codes: Sequence[str]) -> dict[str, Any]:
    values = [{"code": code, "name": code} for code in codes]
    return {"name": name, "kind": "categorical", "description": name, "codes": values}


def measured(name: str, unit: str = "1") -> dict[str, Any]:
    return {
        "name": name,
        "kind": "numeric",
        "description": name,
        "unit": unit,
        "minimum": -100,
        "maximum": 100,
    }


FEATURES = [
    measured("a"),
    measured("b"),
    measured("years", "a"),
    measured("days", "d"),
    {"name": "f", "kind": "flag", "description": "f"},
    {"name": "g", "kind": "flag", "description": "g"},
    *(coded(name, codes) for name, codes in CODES.items()),
    {"name": "t", "kind": "terms", "description": "t", "code_system": "HPO"},
    {"name": "note", "kind": "text", "description": "note"},
]


def contract_with(*derived: Mapping[str, Any]) -> Contract:
    """Return the small contract with derived features; kinds are numeric where none is given."""
    return Contract.model_validate(
        {
            "name": "small",
            "version": "1.0.0",
            "description": "small",
            "identifying_fields": [],
            "feature": FEATURES,
            "derived": [entry(each) for each in derived],
            "target": TARGETS,
        }
    )


def entry(derived: Mapping[str, Any]) -> dict[str, Any]:
    wide = {"minimum": -1e300, "maximum": 1e300} if "kind" not in derived else {}
    return {"name": "x", "kind": "numeric", "description": "x", **wide, **derived}


@pytest.fixture(scope="session")
def small() -> Contract:
    return contract_with()
