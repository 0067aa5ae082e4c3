from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.contract import Contract, load_contract, shipped_contracts
from shared.errors import SettingsError


def changed(contract: Contract, **changes: object) -> dict[str, object]:
    return {**contract.model_dump(mode="json"), **changes}


def test_every_shipped_contract_loads_and_marks_common_and_rare() -> None:
    assert {"heart_disease", "rare_disease"} <= set(shipped_contracts())
    for name in shipped_contracts():
        contract = load_contract(name)
        assert contract.name == name
        assert {target.frequency for target in contract.target} == {"common", "rare"}


def test_hash_names_the_content_not_the_order_of_keys(contract: Contract) -> None:
    content = contract.model_dump(mode="json")
    reordered = dict(reversed(content.items()))
    assert Contract.model_validate(reordered).hash == contract.hash
    assert Contract.model_validate(changed(contract, version="9.9.9")).hash != contract.hash


def test_a_parent_stands_for_its_leaves(contract: Contract) -> None:
    membership = contract.membership(["none", "disease", "grade_4"])
    assert membership.tolist() == [
        [True, False, False, False, False],
        [False, True, True, True, True],
        [False, False, False, False, True],
    ]
    assert contract.group_of("grade_3") == "disease"
    assert contract.at_group_level().leaves == ["none", "disease"]


def test_unknown_parent_cycle_and_repeated_names_are_refused(contract: Contract) -> None:
    targets = contract.model_dump(mode="json")["target"]
    orphan = [{**targets[0], "parent": "nowhere"}, *targets[1:]]
    cycle = [targets[0], {**targets[1], "parent": "grade_1"}, *targets[2:]]
    for wrong in (orphan, cycle, [*targets, targets[0]]):
        with pytest.raises(ValidationError):
            Contract.model_validate(changed(contract, target=wrong))


def test_excluding_an_unknown_feature_names_the_known_ones(contract: Contract) -> None:
    with pytest.raises(SettingsError, match="no feature shoe_size"):
        contract.without_features(["shoe_size"])


def test_a_missing_contract_names_the_shipped_ones() -> None:
    with pytest.raises(SettingsError, match="heart_disease"):
        load_contract("no_such_contract")
