"""Findings that were looked for and are absent: mapped, counted, and seen by no model."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from shared.contract import Contract
from shared.contract_changes import compare, required_level
from shared.preprocessing.fitting import fit_preprocessor
from shared.preprocessing.settings import PreprocessingSettings
from shared.records import Records
from shared.statistics.summarise import summarise
from shared.statistics.summary import CountedSummary

FEATURES = [
    {"name": "findings", "kind": "terms", "description": "There", "code_system": "HPO"},
    {
        "name": "absent_findings",
        "kind": "terms",
        "description": "Not there",
        "code_system": "HPO",
        "meaning": "absent",
    },
]


def contract(**changes: object) -> Contract:
    content = {
        "name": "absent",
        "version": "1.0.0",
        "description": "Invented",
        "identifying_fields": [],
        "feature": FEATURES,
        "target": [
            {"code": "a", "name": "A", "frequency": "rare"},
            {"code": "b", "name": "B", "frequency": "rare"},
        ],
    }
    return Contract.model_validate(content | changes)


def records(absent: tuple[str, ...]) -> Records:
    table = pd.DataFrame(
        {
            "findings": pd.Series([("HP:0001250",), ("HP:0001251",)] * 5, dtype=object),
            "absent_findings": pd.Series([absent, ()] * 5, dtype=object),
        }
    )
    return Records(table, pd.Series(["a", "b"] * 5).to_numpy(dtype=object))


def test_no_model_sees_what_was_looked_for() -> None:
    looked_for, not_looked_for = records(("HP:0001252", "HP:0001337")), records(())
    matrices = []
    for each in (looked_for, not_looked_for):
        settings = PreprocessingSettings(minimum_term_rows=1)
        preprocessor = fit_preprocessor(contract(), summarise(contract(), each), settings)
        assert [step.feature for step in preprocessor.steps] == ["findings"]
        columns = {str(name): each.table[name].to_numpy() for name in each.table}
        matrices.append(preprocessor.matrix(columns))
    assert (matrices[0] == matrices[1]).all()


def test_absent_terms_are_counted_without_what_lies_above_them() -> None:
    found = summarise(contract(), records(("HP:0001252",))).features["absent_findings"]
    assert isinstance(found, CountedSummary)
    assert found.counts == {"HP:0001252": 5}


def test_nothing_is_derived_from_them() -> None:
    derived = [
        {
            "name": "looked",
            "kind": "numeric",
            "description": "How much was looked for",
            "expression": "count(absent_findings)",
            "unit": "1",
            "minimum": 0,
            "maximum": 100,
        }
    ]
    with pytest.raises(ValueError, match="absent_findings"):
        contract(derived=derived)


def test_a_contract_without_them_keeps_its_hash_and_a_change_is_told() -> None:
    before = contract(feature=[FEATURES[0], {**FEATURES[1], "meaning": "present"}])
    plain = contract(
        feature=[FEATURES[0], {k: v for k, v in FEATURES[1].items() if k != "meaning"}]
    )
    assert before.hash == plain.hash
    assert "meaning" not in json.dumps(before.model_dump(mode="json"))
    changes = compare(before, contract())
    assert required_level(changes) == "major"
    assert "absent instead of present" in changes[0].what
