"""The merge of trees, and trees that mean harm."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from shared.errors import BundleError
from shared.models.base import Arrays, TrainingRequest
from shared.models.boosted_trees import BoostedTrees, merge_rounds, partial_label_objective
from shared.models.settings import BoostedTreesSettings
from shared.models.training_data import TrainingData
from tests.unit.shared.models.conftest import training_data

COLUMNS = 5


def model_of(classes: int) -> BoostedTrees:
    return BoostedTrees(BoostedTreesSettings(rounds=2, trees_per_round=2), COLUMNS, classes, seed=1)


def random_data(rows: int, classes: int, seed: int) -> TrainingData:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, COLUMNS))
    return training_data(
        features, np.eye(classes, dtype=bool)[generator.integers(classes, size=rows)]
    )


def new_trees(model: BoostedTrees, shared: Arrays, data: TrainingData, seed: int) -> Arrays:
    return model.train(shared, data, TrainingRequest(1, hospital_seed=seed)).arrays


@settings(max_examples=12, deadline=None)
@given(
    classes=st.integers(2, 5),
    weights=st.lists(st.integers(1, 500), min_size=1, max_size=3),
    seed=st.integers(0, 999),
)
def test_the_merged_margin_is_the_weighted_sum(classes: int, weights: list[int], seed: int) -> None:
    model = model_of(classes)
    shared = model.train_alone(random_data(40, classes, seed), hospital_seed=9)
    features = random_data(30, classes, seed + 1).features
    grown = [
        new_trees(model, shared, random_data(25, classes, seed + 2 + index), index)
        for index in range(len(weights))
    ]
    merged = merge_rounds(shared, list(zip(grown, weights, strict=True)))
    model.check_arrays(merged)
    expected = model.margins(shared, features) + sum(
        model.margins(trees, features) * (weight / sum(weights))
        for trees, weight in zip(grown, weights, strict=True)
    )
    np.testing.assert_allclose(model.margins(merged, features), expected, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 4])
def test_stock_xgboost_loads_the_merged_model(classes: int) -> None:
    model = model_of(classes)
    parts = [
        (new_trees(model, model.initial_arrays(), random_data(30, classes, seed), seed), 30.0)
        for seed in range(3)
    ]
    merged = merge_rounds(model.initial_arrays(), parts)
    booster = xgboost.Booster()
    booster.load_model(bytearray(model.to_files(merged)["model.ubj"]))
    features = random_data(20, classes, 7).features
    answers = booster.predict(xgboost.DMatrix(features))
    probabilities = np.column_stack([1 - answers, answers]) if classes == 2 else answers
    np.testing.assert_allclose(model.predict(merged, features), probabilities, atol=1e-5)


def test_what_leaves_a_hospital_has_no_counts() -> None:
    model = model_of(3)
    arrays = model.train_alone(random_data(40, 3, 0), hospital_seed=1)
    booster = xgboost.Booster()
    booster.load_model(bytearray(model.to_files(arrays)["model.ubj"]))
    trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    for tree in trees:
        assert not any(tree["sum_hessian"])
        assert not any(tree["loss_changes"])
        inner = [child != -1 for child in tree["left_children"]]
        assert not any(np.array(tree["base_weights"])[inner])


def first_inner(arrays: Arrays) -> int:
    return int(np.flatnonzero(arrays["left_children"] != -1)[0])


def change(name: str, value: float) -> Callable[[Arrays], Arrays]:
    def changed(arrays: Arrays) -> Arrays:
        broken = arrays[name].copy()
        broken[first_inner(arrays)] = value
        return {**arrays, name: broken}

    return changed


HOSTILE: dict[str, Callable[[Arrays], Arrays]] = {
    "a child far outside": change("left_children", 2**31 - 1),
    "a child below the leaf mark": change("left_children", -7),
    "a loop to itself": change("right_children", 0),
    "one child only": change("left_children", -1),
    "a column that there is not": change("split_features", COLUMNS),
    "a negative column": change("split_features", -1),
    "an infinite threshold": change("thresholds", np.inf),
    "a direction that is none": change("default_left", 7),
    "a shorter list": lambda arrays: {**arrays, "thresholds": arrays["thresholds"][:-1]},
    "sizes that do not add up": lambda arrays: {**arrays, "tree_sizes": arrays["tree_sizes"] + 1},
    "a missing list": lambda arrays: {k: v for k, v in arrays.items() if k != "default_left"},
    "another list": lambda arrays: {**arrays, "sum_hessian": arrays["thresholds"]},
    "text": lambda arrays: {**arrays, "thresholds": arrays["thresholds"].astype("S8")},
    "a round twice": lambda arrays: {k: np.concatenate([v, v]) for k, v in arrays.items()},
}


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_hostile_trees_are_refused(kind: str) -> None:
    model = model_of(3)
    sound = new_trees(model, model.initial_arrays(), random_data(60, 3, 0), 1)
    model.check_update(sound)
    with pytest.raises(BundleError):
        model.check_update(HOSTILE[kind](sound))


def test_the_partial_gradient_is_that_of_the_loss() -> None:
    generator = np.random.default_rng(0)
    candidates = np.array([[1, 1, 0], [0, 1, 0], [1, 1, 1], [0, 1, 1]], dtype=bool)
    data = training_data(generator.normal(size=(4, COLUMNS)), candidates)
    margins = generator.normal(size=(4, 3))

    def loss(scores: np.ndarray) -> float:
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return float(-np.log((shares * candidates).sum(axis=1)).sum())

    gradient, hessian = partial_label_objective(data)(margins, None)
    assert (hessian > 0).all()
    for row, column in np.ndindex(4, 3):
        shift = np.zeros((4, 3))
        shift[row, column] = 1e-5
        slope = (loss(margins + shift) - loss(margins - shift)) / 2e-5
        assert gradient[row, column] == pytest.approx(slope, abs=1e-6)


def test_bagging_keeps_up_with_pooling_on_ten_classes() -> None:
    images, labels = load_digits(return_X_y=True)
    train, test, own, expected = train_test_split(
        images, labels, test_size=0.25, random_state=0, stratify=labels
    )
    parts = np.array_split(np.random.default_rng(0).permutation(len(train)), 3)
    chosen = BoostedTreesSettings(rounds=6, trees_per_round=1, learning_rate=0.3, maximum_depth=6)
    model = BoostedTrees(chosen, 64, 10, seed=0)
    everything = training_data(train, np.eye(10, dtype=bool)[own])
    shared = model.initial_arrays()
    for number in range(1, chosen.rounds + 1):
        steps = []
        for hospital, rows in enumerate(parts):
            local = training_data(train[rows], np.eye(10, dtype=bool)[own[rows]])
            grown = model.train(shared, local, TrainingRequest(number, hospital_seed=hospital))
            steps.append((grown.arrays, float(len(rows))))
        shared = merge_rounds(shared, steps)

    def accuracy(arrays: Arrays) -> float:
        answers = model.predict(arrays, test.astype(np.float32)).argmax(axis=1)
        return float((answers == expected).mean())

    pooled = model.train_alone(everything, hospital_seed=0)
    assert accuracy(shared) > accuracy(pooled) - 0.03
