"""Synthetic rows stay inside the contract, inside the class, and inside the hospital."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.hospital import Hospital, LocalRecords
from client.training.local_models import seen_rows, sum_leaves
from client.training.synthetic_rows import synthetic_rows
from client.training.training_rows import training_rows
from shared.augmentation_settings import AugmentationSettings
from shared.contract import (
    CategoricalFeature,
    Contract,
    FlagFeature,
    NumericFeature,
    load_contract,
)
from shared.models import create_model
from shared.models.random_forest import LEAF_BITS
from shared.preparation import prepare
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.statistics import summarise
from tests.conftest import random_records

HEART = load_contract("heart_disease")
RARE = load_contract("rare_disease")
SMOTE = AugmentationSettings(method="smote", minority_share=1.0)
COMMON, SCARCE = HEART.leaves[0], HEART.leaves[1]


def with_labels(records: Records, counts: dict[str, int]) -> Records:
    labels = [label for label, rows in counts.items() for _ in range(rows)]
    return Records(records.table.iloc[: len(labels)], np.array(labels, dtype=object))


def unequal(seed: int, scarce: int = 6, contract: Contract = HEART) -> Records:
    common, rare = contract.leaves[:2]
    records = random_records(contract, 40 + scarce, seed)
    return with_labels(records, {common: 40, rare: scarce})


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), scarce=st.integers(2, 20))
def test_every_value_is_one_that_the_contract_allows(seed: int, scarce: int) -> None:
    made = synthetic_rows(HEART, unequal(seed, scarce), SMOTE, seed).table
    for name, feature in HEART.features.items():
        values = made[name].dropna()
        if isinstance(feature, NumericFeature):
            assert values.between(feature.minimum, feature.maximum).all()
        elif isinstance(feature, FlagFeature):
            assert set(values) <= {0.0, 1.0}
        elif isinstance(feature, CategoricalFeature):
            assert set(values) <= {each.code for each in feature.codes}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_numbers_lie_between_those_of_the_class(seed: int) -> None:
    records = unequal(seed)
    made = synthetic_rows(HEART, records, SMOTE, seed).table
    own = records.table[records.labels == SCARCE].fillna(records.table.median(numeric_only=True))
    for name, feature in HEART.features.items():
        if isinstance(feature, NumericFeature):
            values = made[name].dropna()
            assert (values >= own[name].min() - 1e-9).all()
            assert (values <= own[name].max() + 1e-9).all()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"minority_share": 1.0}, 34),
        ({"minority_share": 0.5}, 14),
        ({"minority_share": 1.0, "maximum_factor": 3}, 12),
        ({"minority_share": 0.1}, 0),
        ({"minimum_rows": 7}, 0),
        ({"method": "none"}, 0),
    ],
)
def test_as_many_rows_as_settings_say(changes: dict[str, object], wanted: int) -> None:
    chosen = AugmentationSettings.model_validate({"method": "smote", **changes})
    assert len(synthetic_rows(HEART, unequal(1), chosen, 1)) == wanted


def test_only_leaves_with_too_few_rows_are_added_to() -> None:
    grades = HEART.leaves
    counts = {grades[0]: 30, grades[1]: 10, grades[2]: 1, "disease": 5}
    records = with_labels(random_records(HEART, 46, 3), counts)
    made = synthetic_rows(HEART, records, SMOTE, 3)
    assert Counter(made.labels) == {grades[1]: 20}


@pytest.mark.parametrize("counts", [{COMMON: 30}, {COMMON: 1}, {}])
def test_nothing_is_made_of_one_class_alone(counts: dict[str, int]) -> None:
    assert not len(
        synthetic_rows(HEART, with_labels(random_records(HEART, 30, 1), counts), SMOTE, 1)
    )


def test_a_column_that_is_never_there_stays_away() -> None:
    records = unequal(2)
    number = next(name for name, each in HEART.features.items() if isinstance(each, NumericFeature))
    code = next(
        name for name, each in HEART.features.items() if isinstance(each, CategoricalFeature)
    )
    table = records.table.assign(**{number: np.nan, code: None})
    made = synthetic_rows(HEART, Records(table, records.labels), SMOTE, 2)
    assert made.table[[number, code]].isna().all(axis=None)
    assert made.table.dtypes.equals(records.table.dtypes)


def test_terms_are_recombined_within_the_class() -> None:
    records = unequal(4, contract=RARE)
    rare = RARE.leaves[1]
    own = records.labels == rare
    table = records.table.copy()
    for row, terms in enumerate([("HP:0000001",), ("HP:0000001", "HP:0000002")] * 3):
        table.at[int(np.flatnonzero(own)[row]), "phenotypes"] = terms
    made = synthetic_rows(RARE, Records(table, records.labels), SMOTE, 4).table["phenotypes"]
    found = set(made)
    assert found == {("HP:0000001",), ("HP:0000001", "HP:0000002")}


def test_the_same_seed_makes_the_same_rows() -> None:
    first, again, other = (synthetic_rows(HEART, unequal(5), SMOTE, seed) for seed in (1, 1, 2))
    assert first.content_hash() == again.content_hash() != other.content_hash()


def rows_seen(records: Records, settings: RunSettings) -> tuple[int, int]:
    preparation = prepare(HEART, summarise(HEART, records), settings)
    model = create_model(
        "neural_network",
        settings.neural_network,
        preparation.columns,
        preparation.classes,
        settings.seed,
    )
    data = training_rows(HEART, records, preparation, model, settings.augmentation)
    return len(data.for_learning), len(data.for_validation)


def test_rows_that_say_when_to_stop_are_real_and_no_parents() -> None:
    records = unequal(6, scarce=15)
    validated = {"neural_network": {"validation_share": 0.3}}
    plain = run_settings(validated, [], "test")
    more = run_settings({**validated, "augmentation": {"method": "smote"}}, [], "test")
    learning, validation = rows_seen(records, plain)
    assert rows_seen(records, more)[1] == validation > 0
    assert rows_seen(records, more)[0] > learning


def test_leaves_of_a_forest_are_filled_with_the_rows_that_its_trees_grew_with() -> None:
    records = with_labels(random_records(HEART, 46, 3), {COMMON: 40, SCARCE: 6})
    asked = run_settings(
        {
            "class_balance": "none",
            "holdout": {"test_share": 0},
            "augmentation": SMOTE.model_dump(),
            "random_forest": {"trees": 3},
        },
        [],
        "test",
    )
    preparation = prepare(HEART, summarise(HEART, records), asked)
    hospital = Hospital("north", HEART, lambda: LocalRecords(records))
    forest = create_model(
        "random_forest", asked.random_forest, preparation.columns, preparation.classes, 0
    )
    seen = seen_rows(hospital, asked, preparation, forest)
    arrays = forest.train_alone(seen.data, hospital_seed=0)
    sums = sum_leaves(hospital, asked, preparation, arrays).sum(axis=0) / 2**LEAF_BITS / 3
    assert sums[HEART.leaves.index(COMMON)] == 40
    assert sums[HEART.leaves.index(SCARCE)] == 40
    assert seen.rows == 46
