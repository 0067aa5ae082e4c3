"""What the page about contracts shows is what the product reads."""

from __future__ import annotations

import re
import tomllib

import pytest

from shared.contract import Contract
from shared.contract_changes import check_in_full
from shared.derived.functions import FUNCTIONS
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "contract.md").read_text(encoding="utf-8")
EXAMPLE, DERIVED, RENAMED = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_is_a_contract_with_all_its_derived_features() -> None:
    contract = Contract.model_validate(tomllib.loads(EXAMPLE + DERIVED))
    check_in_full(contract)
    assert {each.kind for each in contract.derived} == {
        *("numeric", "categorical", "flag", "terms", "embedding")
    }
    assert contract.derivation.embedded == {"letter"}


def test_the_renamings_are_read() -> None:
    content = tomllib.loads(EXAMPLE) | tomllib.loads(RENAMED)
    assert len(Contract.model_validate(content).renamed) == 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_described(name: str) -> None:
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE)


def test_the_error_is_the_one_that_is_shown() -> None:
    shown = next(each for each in PAGE.split("```") if "onsett" in each).strip()
    wrong = (EXAMPLE + DERIVED).replace("age - years(onset)", "age - years(onsett)")
    with pytest.raises(ValueError, match="onsett") as caught:
        Contract.model_validate(tomllib.loads(wrong))
    assert shown in str(caught.value)
