from __future__ import annotations

import pytest

from shared.errors import SettingsError
from shared.preprocessing import PreprocessingSettings, fit_preprocessor
from shared.preprocessing.sentence_embedding import check_encoder
from shared.statistics import summarise
from tests.conftest import random_records
from tests.unit.shared.derived.conftest import contract_with

MEANING = {"name": "said", "kind": "embedding", "expression": "meaning(note)"}


def steps(*derived: dict[str, str]) -> list[str]:
    contract = contract_with(*derived)
    summary = summarise(contract, random_records(contract, 30, 1))
    settings = PreprocessingSettings(text_columns=0)
    return [step.kind for step in fit_preprocessor(contract, summary, settings).steps]


def test_the_contract_can_ask_for_the_meaning_of_a_note() -> None:
    try:
        check_encoder()
    except SettingsError:
        pytest.skip("the encoder is not installed")
    assert "sentence" not in steps()
    assert steps(MEANING).count("sentence") == 1


def test_an_embedding_is_no_column_of_records() -> None:
    contract = contract_with(MEANING)
    assert "said" not in contract.features
    assert "said" not in random_records(contract, 3, 1).table
    assert contract.without_features(["note"]).derived == []
    assert contract.without_features(["said"]).derived == []
