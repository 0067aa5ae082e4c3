"""Guessing a feature of records: the value that explains the label, asked of a real model."""

from __future__ import annotations

import numpy as np
import pytest

from client.training.attribute_guesses import frequencies, guess, values_of, where_known
from client.training.local_models import train_alone
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records
from shared.run_settings import run_settings
from tests.conftest import random_records


def records_whose_label_is(contract: Contract, feature: str, rows: int, seed: int) -> Records:
    """Draw records that are ill where a flag is set, or sex is male, and healthy elsewhere."""
    records = random_records(contract, rows, seed)
    ill = records.table[feature].isin([1.0, "male"]).to_numpy()
    return Records(records.table, np.where(ill, "disease", "none").astype(object))


@pytest.mark.parametrize("feature", ["sex", "exercise_angina"])
def test_what_the_label_follows_from_is_guessed_from_it(contract: Contract, feature: str) -> None:
    settings = run_settings({"models": ["boosted_trees"], "task": {"level": "group"}}, [], "test")
    view = settings.task.contract(contract)
    records = records_whose_label_is(contract, feature, 300, 0)
    preparation, models = train_alone("one", view, records, settings)
    trained = (settings, preparation, "boosted_trees", models["boosted_trees"])
    prior = frequencies(view, [records], feature)
    other = records_whose_label_is(contract, feature, 200, 1)
    hits, rows = guess(view, other, feature, prior, trained)  # type: ignore[arg-type]
    assert rows == other.table[feature].notna().sum() < 200
    assert hits == rows
    # Another feature says nothing of the label, so that the most frequent value is as good.
    hits, rows = guess(view, other, "fasting_blood_sugar_above_120", np.ones(2) / 2, trained)  # type: ignore[arg-type]
    assert 0.3 < hits / rows < 0.7


def test_only_known_values_count(contract: Contract) -> None:
    records = random_records(contract, 100, 0, missing=0.5)
    known, truth = where_known(contract, records, "sex")
    assert len(known) == len(truth) == records.table["sex"].notna().sum()
    codes = values_of(contract, "sex")
    assert [codes[each] for each in truth] == known.table["sex"].tolist()
    expected = known.table["sex"].value_counts(normalize=True).reindex(codes)
    assert frequencies(contract, [records], "sex") == pytest.approx(expected.to_numpy())


def test_rows_without_the_feature_are_not_guessed(contract: Contract) -> None:
    settings = run_settings(
        {"models": ["random_forest"], "random_forest": {"trees": 3}}, [], "test"
    )
    records = random_records(contract, 40, 0)
    preparation, models = train_alone("one", contract, records, settings)
    unknown = Records(records.table.assign(sex=None), records.labels)
    trained = (settings, preparation, "random_forest", models["random_forest"])
    assert guess(contract, unknown, "sex", np.ones(2), trained) == (0, 0)  # type: ignore[arg-type]


def test_numbers_are_not_guessed(contract: Contract) -> None:
    with pytest.raises(SettingsError, match="'age' cannot be guessed"):
        values_of(contract, "age")
