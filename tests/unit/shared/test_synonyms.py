"""Synonyms and analytes of a contract, and what of them its hash covers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contract import CategoricalFeature, Contract, load_contract, shipped_contracts
from shared.synonyms import without_synonyms


@pytest.fixture
def bare() -> dict[str, Any]:
    content = without_synonyms(load_contract("heart_disease").model_dump(mode="json"))
    assert isinstance(content, dict)
    return content


def test_a_name_learned_later_is_the_same_contract(bare: dict[str, Any]) -> None:
    named = copy.deepcopy(bare)
    named["feature"][0]["synonyms"] = ["edad"]
    named["feature"][1]["codes"][0]["synonyms"] = ["F"]
    named["target"][0]["synonyms"] = ["sano"]
    assert Contract.model_validate(named).hash == Contract.model_validate(bare).hash
    assert load_contract("heart_disease").hash == Contract.model_validate(bare).hash


def test_a_contract_without_synonyms_and_analytes_is_written_as_before(
    bare: dict[str, Any],
) -> None:
    for feature in bare["feature"]:
        feature.pop("analyte", None)
    text = Contract.model_validate(bare).model_dump_json()
    assert "synonyms" not in text
    assert "analyte" not in text


def test_the_analyte_says_what_numbers_are_so_the_hash_covers_it(bare: dict[str, Any]) -> None:
    other = copy.deepcopy(bare)
    feature = next(each for each in other["feature"] if each["name"] == "cholesterol")
    feature["analyte"] = "glucose"
    assert Contract.model_validate(other).hash != Contract.model_validate(bare).hash
    feature["analyte"] = "phlogiston"
    with pytest.raises(ValidationError, match="no such analyte"):
        Contract.model_validate(other)


@pytest.mark.parametrize("name", shipped_contracts())
def test_no_synonym_of_a_shipped_contract_means_two_things(name: str) -> None:
    contract = load_contract(name)
    lists: list[Any] = [contract.feature, contract.target]
    lists += [each.codes for each in contract.feature if isinstance(each, CategoricalFeature)]
    for things in lists:
        names = [word.casefold() for thing in things for word in set(thing.synonyms)]
        assert len(names) == len(set(names))
        assert all(thing.synonyms for thing in things)
