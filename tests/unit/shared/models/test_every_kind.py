"""Checks that every kind of model must pass, whatever it is inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.errors import BundleError, SettingsError
from shared.models import create_model
from shared.models.base import Arrays, ModelKind, TrainingRequest, TrainingStep
from shared.models.settings import RandomForestSettings
from shared.models.training_data import TrainingData
from tests.unit.shared.models.conftest import model_of, take, training_data


def step(model: ModelKind[Any], data: TrainingData, hospital: int = 3) -> TrainingStep:
    return model.train(model.initial_arrays(), data, TrainingRequest(1, hospital_seed=hospital))


def accuracy(model: ModelKind[Any], arrays: Arrays, data: TrainingData) -> float:
    answers = model.predict(arrays, data.features).argmax(axis=1)
    return float((answers == data.candidates.argmax(axis=1)).mean())


def assert_same(left: Arrays, right: Arrays) -> None:
    assert set(left) == set(right)
    for name in left:
        np.testing.assert_array_equal(left[name], right[name])


def test_the_initial_model_is_the_same_everywhere_and_accepted(model: ModelKind[Any]) -> None:
    assert_same(model.initial_arrays(), model_of(model.name).initial_arrays())
    model.check_arrays(model.initial_arrays())


def test_training_is_repeatable_to_the_digit(model: ModelKind[Any], data: TrainingData) -> None:
    first, second = step(model, data), step(model, data)
    assert_same(first.arrays, second.arrays)
    assert first.loss == second.loss
    model.check_update(first.arrays)


def test_learned_probabilities_sum_to_one_and_beat_chance(
    model: ModelKind[Any], data: TrainingData
) -> None:
    rows = np.random.default_rng(0).permutation(len(data))
    arrays = model.train_alone(take(data, rows[:100]), hospital_seed=1)
    model.check_arrays(arrays)
    held_out = take(data, rows[100:])
    probabilities = model.predict(arrays, held_out.features)
    assert probabilities.shape == (50, 3)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-9)
    assert accuracy(model, arrays, held_out) > 0.8


def test_files_give_back_the_same_answers(model: ModelKind[Any], data: TrainingData) -> None:
    arrays = model.train_alone(data, hospital_seed=1)
    again = model.from_files(model.to_files(arrays))
    np.testing.assert_allclose(
        model.predict(again, data.features), model.predict(arrays, data.features), atol=1e-6
    )


def test_missing_and_surplus_files_are_refused(model: ModelKind[Any], data: TrainingData) -> None:
    files = model.to_files(model.train_alone(data, hospital_seed=1))
    for broken in ({}, {**files, "extra": b""}):
        with pytest.raises(BundleError):
            model.from_files(broken)


@pytest.mark.parametrize("name", ["neural_network", "random_forest"])
def test_corrupt_files_are_refused(name: str, data: TrainingData) -> None:
    model = model_of(name)
    (file, content), *_ = model.to_files(model.train_alone(data, hospital_seed=1)).items()
    for broken in (b"", b"no model", content[:40], content[: len(content) // 2]):
        with pytest.raises(BundleError):
            model.from_files({file: broken})


def test_arrays_of_another_task_are_refused(data: TrainingData) -> None:
    for name in ("neural_network", "random_forest", "boosted_trees"):
        other = step(model_of(name), data).arrays
        with pytest.raises(BundleError):
            create_model(name, model_of(name).settings, 2, 3, 7).check_arrays(other)


def test_numbers_that_are_not_finite_are_refused(model: ModelKind[Any], data: TrainingData) -> None:
    arrays = step(model, data).arrays
    name = "linear_0.weight" if model.name == "neural_network" else "thresholds"
    broken = arrays[name].copy()
    broken.flat[0] = np.nan
    with pytest.raises(BundleError):
        model.check_update({**arrays, name: broken})


def test_a_hospital_may_lack_a_class(model: ModelKind[Any], data: TrainingData) -> None:
    local = take(data, np.flatnonzero(~data.candidates[:, 1]))
    trained = step(model, local)
    model.check_update(trained.arrays)
    assert np.isfinite(trained.loss)
    assert model.predict(trained.arrays, data.features).shape == (len(data), 3)


def test_partial_labels_are_learned_from(model: ModelKind[Any], data: TrainingData) -> None:
    """Half the rows of two classes say only "one of these two"; nothing is known to be wrong."""
    candidates = data.candidates.copy()
    unsure = np.flatnonzero(~data.candidates[:, 0])[::2]
    candidates[unsure] = [False, True, True]
    arrays = model.train_alone(training_data(data.features, candidates), hospital_seed=1)
    assert accuracy(model, arrays, data) > 0.8


def test_hospitals_draw_differently(data: TrainingData) -> None:
    forest = model_of("random_forest")
    first, second = step(forest, data, 1).arrays, step(forest, data, 2).arrays
    assert (
        len(first["thresholds"]) != len(second["thresholds"])
        or (first["thresholds"] != second["thresholds"]).any()
    )


def test_an_unknown_kind_or_shape_is_refused() -> None:
    with pytest.raises(SettingsError, match="Known: neural_network"):
        create_model("oracle", RandomForestSettings(), 4, 3, 0)
    with pytest.raises(SettingsError, match="two classes"):
        create_model("random_forest", RandomForestSettings(), 4, 1, 0)
