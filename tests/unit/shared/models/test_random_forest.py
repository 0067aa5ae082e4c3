"""A forest as arrays is the forest."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from shared.errors import BundleError
from shared.models.base import Arrays
from shared.models.random_forest import RandomForest, leaf_sums, leaves_of, refilled, unite
from shared.models.settings import RandomForestSettings
from shared.models.training_data import TrainingData
from tests.unit.shared.models.conftest import take


def forest() -> RandomForest:
    return RandomForest(RandomForestSettings(trees=15), columns=4, classes=3, seed=7)


def test_answers_are_those_of_scikit_learn(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[RandomForestClassifier] = []
    fit = RandomForestClassifier.fit

    def spy(self: RandomForestClassifier, *args: object, **options: object) -> object:
        fitted.append(self)
        return fit(self, *args, **options)

    monkeypatch.setattr(RandomForestClassifier, "fit", spy)
    model = forest()
    arrays = model.train_alone(data, hospital_seed=1)
    expected = fitted[0].predict_proba(data.features)
    np.testing.assert_allclose(model.predict(arrays, data.features), expected, atol=1e-6)


def test_a_union_answers_as_the_weighted_mean(data: TrainingData) -> None:
    model = forest()
    without_second = take(data, np.flatnonzero(~data.candidates[:, 1]))
    forests = [
        (model.train_alone(data, hospital_seed=1), 150.0),
        (model.train_alone(without_second, hospital_seed=2), 50.0),
    ]
    united = unite(forests)
    model.check_arrays(united)
    expected = 0.75 * model.predict(forests[0][0], data.features) + 0.25 * model.predict(
        forests[1][0], data.features
    )
    np.testing.assert_allclose(model.predict(united, data.features), expected, atol=1e-9)


def test_a_class_that_a_hospital_lacks_has_no_probability(data: TrainingData) -> None:
    model = forest()
    local = take(data, np.flatnonzero(~data.candidates[:, 1]))
    arrays = model.train_alone(local, hospital_seed=1)
    assert not model.predict(arrays, data.features)[:, 1].any()


@pytest.mark.parametrize("hospitals", [1, 2, 5])
def test_refilled_leaves_hold_the_pooled_rows_that_reach_them(
    data: TrainingData, hospitals: int
) -> None:
    model = forest()
    where = np.random.default_rng(hospitals).integers(hospitals, size=len(data))
    parts = [take(data, np.flatnonzero(where == index)) for index in range(hospitals)]
    # A hospital that lacks a class, and one without any row.
    parts += [take(data, np.flatnonzero(~data.candidates[:, 1])), take(data, np.arange(0))]
    grown = [model.train_alone(part, hospital_seed=1) for part in parts[:-1]]
    united = unite([(trees, 1.0) for trees in grown])
    found = refilled(united, sum(leaf_sums(united, part) for part in parts))  # type: ignore[arg-type]
    model.check_arrays(found)
    leaves = np.concatenate([leaves_of(united, part.features) for part in parts])
    labels = np.concatenate([part.candidates for part in parts])
    for tree in range(leaves.shape[1]):
        for leaf in np.unique(leaves[:, tree]):
            reached = labels[leaves[:, tree] == leaf].mean(axis=0)
            np.testing.assert_allclose(found["class_shares"][leaf], reached, atol=1e-6)


def test_a_leaf_that_nobody_reaches_keeps_its_shares(data: TrainingData) -> None:
    model = forest()
    arrays = model.train_alone(data, hospital_seed=1)
    same = refilled(arrays, np.zeros(arrays["class_shares"].shape, np.int64))
    np.testing.assert_array_equal(same["class_shares"], arrays["class_shares"])


def refused(model: RandomForest, arrays: Arrays, name: str, value: np.ndarray) -> None:
    with pytest.raises(BundleError):
        model.check_arrays({**arrays, name: value})


def test_hostile_forests_are_refused(data: TrainingData) -> None:
    model = forest()
    arrays = model.train_alone(data, hospital_seed=1)
    inner = int(np.flatnonzero(arrays["left_children"] != -1)[0])
    loop = arrays["left_children"].copy()
    loop[inner] = 0
    refused(model, arrays, "left_children", loop)
    refused(model, arrays, "tree_weights", arrays["tree_weights"] * 2)
    refused(model, arrays, "class_shares", arrays["class_shares"] * 2)
    refused(model, arrays, "class_shares", arrays["class_shares"][:, :2])
