"""The preprocessor from merged statistics equals what scikit-learn fits on the pooled rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder, StandardScaler

from shared.contract import NumericFeature, load_contract
from shared.ontology import terminology
from shared.preprocessing import PreprocessingSettings, Preprocessor, fit_preprocessor
from shared.preprocessing.steps import NumericStep, TermsStep
from shared.records import Records, concatenate
from shared.statistics import merge_summaries, summarise
from tests.conftest import random_records

HEART = load_contract("heart_disease")
RARE = load_contract("rare_disease")
NUMERIC = [name for name, each in HEART.features.items() if isinstance(each, NumericFeature)]


def federated(
    parts: list[Records], settings: PreprocessingSettings, contract: object = HEART
) -> Preprocessor:
    summary = merge_summaries(summarise(contract, part) for part in parts)  # type: ignore[arg-type]
    return fit_preprocessor(contract, summary, settings)  # type: ignore[arg-type]


def hospitals(seed: int, missing: float = 0.2) -> list[Records]:
    sizes = (25, 60, 9)
    return [random_records(HEART, rows, seed + i, missing) for i, rows in enumerate(sizes)]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.1, 0.5]))
def test_scaling_with_mean_imputation_equals_scikit_learn(seed: int, missing: float) -> None:
    parts = hospitals(seed, missing)
    pooled = concatenate(parts).table[NUMERIC]
    ours = federated(parts, PreprocessingSettings(imputation="mean"))
    scaled = StandardScaler().fit_transform(pooled)
    expected = SimpleImputer(strategy="mean", add_indicator=True).fit_transform(scaled)
    names = ours.column_names()
    wanted = NUMERIC + [f"{n} missing" for n in NUMERIC if pooled[n].isna().any()]
    actual = ours.transform(concatenate(parts).table)[:, [names.index(name) for name in wanted]]
    np.testing.assert_allclose(actual, expected, atol=2e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_median_is_within_half_a_bin_of_the_pooled_median(seed: int) -> None:
    parts = hospitals(seed)
    pooled = concatenate(parts).table
    steps = federated(parts, PreprocessingSettings(imputation="median")).steps
    for step in steps:
        if isinstance(step, NumericStep):
            feature = HEART.features[step.feature]
            assert isinstance(feature, NumericFeature)
            half_bin = (feature.maximum - feature.minimum) / feature.bins / 2
            values = np.sort(pooled[step.feature].dropna())
            middle = values[(len(values) - 1) // 2 : len(values) // 2 + 1]
            assert np.abs(middle - step.fill).min() <= half_bin + 1e-9


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), minimum=st.integers(0, 40), drop=st.booleans())
def test_one_hot_equals_scikit_learn(seed: int, minimum: int, drop: bool) -> None:
    parts = hospitals(seed, missing=0.0)
    pooled = concatenate(parts).table
    codes = [value.code for value in HEART.features["chest_pain"].codes]  # type: ignore[union-attr]
    encoder = OneHotEncoder(
        categories=[codes],
        min_frequency=max(minimum, 1),
        handle_unknown="infrequent_if_exist",
        drop="first" if drop else None,
        sparse_output=False,
    )
    expected = encoder.fit_transform(pooled[["chest_pain"]])
    chosen = PreprocessingSettings(minimum_category_rows=minimum, drop_first_level=drop)
    ours = federated(parts, chosen)
    step = next(each for each in ours.steps if each.feature == "chest_pain")
    np.testing.assert_array_equal(step.transform(pooled["chest_pain"]), expected)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.3]), keep=st.booleans())
def test_a_few_rows_give_the_very_bits_that_many_give(
    seed: int, missing: float, keep: bool
) -> None:
    parts = [random_records(RARE, rows, seed + rows, missing) for rows in (150, 170)]
    pooled = concatenate(parts).table
    ours = federated(parts, PreprocessingSettings(), RARE)
    many = ours.transform(pooled, keep_missing=keep)
    steps = [step.transform(pooled[step.feature], keep_missing=keep) for step in ours.steps]
    np.testing.assert_array_equal(many, np.hstack(steps))
    for rows in (1, 7):
        few = ours.transform(pooled.iloc[:rows], keep_missing=keep)
        assert few.dtype == np.float32
        np.testing.assert_array_equal(few, many[:rows])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), minimum=st.integers(1, 20))
def test_terms_equal_scikit_learn_over_ancestors(seed: int, minimum: int) -> None:
    parts = [random_records(RARE, rows, seed + rows) for rows in (20, 35)]
    pooled = concatenate(parts).table["phenotypes"]
    expanded = [sorted(terminology("HPO").expand(terms)) for terms in pooled]
    binarizer = MultiLabelBinarizer()
    expected = binarizer.fit_transform(expanded)
    frequent = expected.sum(axis=0) >= minimum
    step = next(
        each
        for each in federated(parts, PreprocessingSettings(minimum_term_rows=minimum), RARE).steps
        if isinstance(each, TermsStep)
    )
    assert step.vocabulary == binarizer.classes_[frequent].tolist()
    np.testing.assert_array_equal(step.transform(pooled), expected[:, frequent])


def test_a_new_code_or_term_after_training_does_not_change_the_columns() -> None:
    parts = hospitals(3)
    ours = federated(parts, PreprocessingSettings(minimum_category_rows=1000))
    features = ours.transform(random_records(HEART, 5, 99).table)
    assert features.shape == (5, len(ours.column_names()))
    assert np.isfinite(features).all()


def test_a_constant_or_absent_feature_does_no_harm() -> None:
    records = random_records(HEART, 20, 4, missing=0)
    table = records.table.copy()
    table["age"] = 61.3
    table["cholesterol"] = np.nan
    ours = federated([Records(table, records.labels)], PreprocessingSettings())
    assert "cholesterol" not in ours.column_names()
    assert np.isfinite(ours.transform(table)).all()
    age = next(step for step in ours.steps if step.feature == "age")
    assert isinstance(age, NumericStep)
    assert age.scale == 1.0
    assert age.mean == pytest.approx(61.3)


def test_notes_become_hashed_words_only_when_asked() -> None:
    records = random_records(RARE, 30, 5)
    without = federated([records], PreprocessingSettings(), RARE).column_names()
    asked = federated([records], PreprocessingSettings(text_columns=32), RARE)
    assert len(asked.column_names()) == len(without) + 32
    assert np.isfinite(asked.transform(records.table)).all()


def test_json_round_trip_gives_the_same_numbers() -> None:
    records = random_records(RARE, 30, 6)
    ours = federated([records], PreprocessingSettings(), RARE)
    again = Preprocessor.model_validate_json(ours.model_dump_json())
    np.testing.assert_array_equal(again.transform(records.table), ours.transform(records.table))
