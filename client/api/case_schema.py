"""What a case looks like: the contract as a JSON Schema (2020-12)."""

from __future__ import annotations

from typing import Any

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)


def case_schema(contract: Contract) -> dict[str, Any]:
    """Return the schema of a case; what follows it may still hold a term that nobody knows."""
    return {
        "type": "object",
        "title": f"A case of {contract.name} {contract.version}",
        "additionalProperties": False,
        "properties": {name: _feature(each) for name, each in contract.recorded.items()},
    }


def contract_json(contract: Contract) -> dict[str, Any]:
    """Return the contract as those need it who ask."""
    return {
        "name": contract.name,
        "version": contract.version,
        "hash": contract.hash,
        "description": contract.description,
        "diseases": [
            {"code": leaf, "name": contract.classes[leaf].name} for leaf in contract.leaves
        ],
        "case_schema": case_schema(contract),
    }


def _feature(feature: Feature) -> dict[str, Any]:
    """Return the schema of one feature's value; null where it is missing."""
    return {"description": feature.description, **_kind(feature)}


def _kind(feature: Feature) -> dict[str, Any]:
    if isinstance(feature, NumericFeature):
        return _numeric(feature)
    if isinstance(feature, FlagFeature):
        return {"type": ["boolean", "null"]}
    if isinstance(feature, CategoricalFeature):
        codes = [{"const": each.code, "title": each.name} for each in feature.codes]
        return {"oneOf": [*codes, {"type": "null"}]}
    if isinstance(feature, TermsFeature):
        term = {"type": "string", "pattern": feature.pattern}
        return {
            "type": ["array", "null"],
            "items": term,
            "maxItems": feature.maximum_terms,
            "x-code-system": feature.code_system,
        }
    return {"type": ["string", "null"], "maxLength": feature.maximum_length}


def _numeric(feature: NumericFeature) -> dict[str, Any]:
    plain = {"type": "number", "minimum": feature.minimum, "maximum": feature.maximum}
    with_unit = {
        "type": "object",
        "properties": {"value": {"type": ["number", "null"]}, "unit": {"type": "string"}},
        "required": ["value", "unit"],
        "additionalProperties": False,
    }
    return {"anyOf": [plain, with_unit, {"type": "null"}], "x-unit": feature.unit}
