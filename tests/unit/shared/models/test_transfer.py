"""What an encoder that others taught brings, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from client.training.own_models import fine_tuned
from shared.errors import JuntosError, SettingsError
from shared.models.base import Arrays, TrainingRequest
from shared.models.neural_network import NeuralNetwork
from shared.models.training_data import TrainingData
from shared.models.transfer import Transfer
from shared.run_settings import run_settings

COLUMNS, CLASSES = 5, 3
COUNTS = np.array([40, 30, 6])
RARE = np.array([False, False, True])


def network(**transfer: Any) -> NeuralNetwork:  # noqa: ANN401 - any setting
    content = {"hidden": [8], "dropout": 0.0, "rounds": 20, "transfer": transfer}
    settings = run_settings({"neural_network": content}, [], "test")
    return NeuralNetwork(settings.neural_network, COLUMNS, CLASSES, seed=3)


def patients(counts: np.ndarray = COUNTS, seed: int = 0, shift: float = 2.0) -> TrainingData:
    """Return rows around a centre for each class."""
    generator = np.random.default_rng(seed)
    classes = np.repeat(np.arange(CLASSES), counts)
    centres = shift * np.eye(CLASSES, COLUMNS)
    features = generator.normal(size=(len(classes), COLUMNS)) + centres[classes]
    return TrainingData(
        features.astype(np.float32),
        np.eye(CLASSES, dtype=np.bool_)[classes],
        np.ones(CLASSES),
        counts / counts.sum(),
        class_counts=counts,
        rare=RARE,
        federated_rows=int(counts.sum()),
    )


def moved(model: NeuralNetwork, data: TrainingData, number: int) -> Arrays:
    return model.train(model.initial_arrays(), data, TrainingRequest(number, 1)).arrays


def same(first: Arrays, second: Arrays) -> bool:
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_pretraining_does_not_see_rows_of_rare_classes() -> None:
    model, data = network(pretraining_rounds=2), patients()
    features = data.features.copy()
    features[data.candidates[:, 2]] += 7
    other = replace(data, features=features)
    assert same(moved(model, data, 1), moved(model, other, 1))
    assert not same(moved(model, data, 3), moved(model, other, 3))


def test_a_hospital_with_rare_classes_only_moves_nothing_but_weight_decay() -> None:
    model = network(pretraining_rounds=2)
    data = patients(np.array([0, 0, 6]))
    step = model.train(
        model.initial_arrays(), replace(data, federated_rows=10**9), TrainingRequest(1, 1)
    )
    assert step.loss == 0
    for name, start in model.initial_arrays().items():
        np.testing.assert_allclose(step.arrays[name], start, atol=1e-6)


@pytest.mark.parametrize("rate", [0.0, 0.25])
def test_the_encoder_is_slowed_and_the_last_layer_is_not(rate: float) -> None:
    model = network(encoder_rate=rate, pretraining_rounds=1)
    transfer = model.transfer(COUNTS)
    before, after = model.initial_arrays(), moved(model, patients(), 2)
    settled = transfer.settled(2, before, after)
    for name in model.layers.last_names:
        np.testing.assert_array_equal(settled[name], after[name])
    step = after["linear_0.weight"] - before["linear_0.weight"]
    expected = before["linear_0.weight"] + rate * step
    np.testing.assert_allclose(settled["linear_0.weight"], expected, atol=1e-7)
    assert same(transfer.settled(1, before, after), after)


def prototyping() -> tuple[NeuralNetwork, Transfer]:
    model = network(pretraining_rounds=1, prototypes_below=10)
    return model, model.transfer(COUNTS)


def test_prototypes_are_those_of_all_rows_in_one_place() -> None:
    model, transfer = prototyping()
    data, arrays = patients(), moved(network(), patients(), 1)
    order = np.random.default_rng(1).permutation(len(data))
    parts = [data.take(rows) for rows in np.array_split(order, 4)]
    sums = np.sum([transfer.prototype_sums(arrays, part) for part in parts], axis=0)
    np.testing.assert_allclose(sums, transfer.prototype_sums(arrays, data), rtol=1e-12)
    weights = transfer.with_prototypes(arrays, sums)[model.layers.last_names[0]]
    encodings = model.layers.encoded(arrays, data.features[data.candidates[:, 2]])
    mean = (encodings / np.linalg.norm(encodings, axis=1, keepdims=True)).mean(axis=0)
    before = arrays[model.layers.last_names[0]]
    length = np.linalg.norm(before[:2], axis=1).mean()
    np.testing.assert_allclose(weights[2], mean / np.linalg.norm(mean) * length, rtol=1e-4)
    np.testing.assert_array_equal(weights[:2], before[:2])


def test_prototypes_are_held_and_the_rest_is_fitted_around_them() -> None:
    model, transfer = prototyping()
    before, after = model.initial_arrays(), moved(model, patients(), 2)
    settled = transfer.settled(2, before, after)
    weight, bias = model.layers.last_names
    np.testing.assert_array_equal(settled[weight][2], before[weight][2])
    np.testing.assert_array_equal(settled[weight][:2], after[weight][:2])
    np.testing.assert_array_equal(settled[bias], after[bias])


@pytest.mark.parametrize(
    ("counts", "prototyped"),
    [([40, 30, 6], [2]), ([40, 30, 0], []), ([3, 3, 3], []), ([9, 10, 11], [0])],
)
def test_which_classes_have_prototypes(counts: list[int], prototyped: list[int]) -> None:
    model, _ = prototyping()
    assert model.transfer(np.array(counts)).prototyped.tolist() == prototyped


@pytest.mark.parametrize(
    "sums",
    [
        np.zeros((1, 7)),
        np.zeros((2, 8)),
        np.zeros((1, 8), dtype=np.float32),
        np.full((1, 8), np.nan),
        np.full((1, 8), 6.0),
    ],
    ids=["narrow", "too many", "type", "not a number", "too long"],
)
def test_sums_that_no_rows_can_have_are_refused(sums: np.ndarray) -> None:
    _, transfer = prototyping()
    transfer.check_sums(np.full((1, 8), 6 / np.sqrt(8)))
    with pytest.raises(JuntosError, match="sums of encodings"):
        transfer.check_sums(sums)


def test_a_network_alone_goes_through_the_same_phases() -> None:
    held = {"pretraining_rounds": 10, "encoder_rate": 0.0, "prototypes_below": 10}
    model, plain = network(**held), network()
    data = patients()
    arrays, other = (each.train_alone(data, hospital_seed=1) for each in (model, plain))
    assert not same(arrays, other)
    direction = model.transfer(COUNTS).prototype_sums(arrays, data)[0]
    weight = arrays[model.layers.last_names[0]][2]
    cosine = weight @ direction / np.linalg.norm(weight) / np.linalg.norm(direction)
    assert cosine == pytest.approx(1, abs=1e-5)


def test_fine_tuning_is_kept_only_where_it_is_better() -> None:
    model = network(fine_tuning_epochs=60)
    shared = network().train_alone(patients(np.array([300, 300, 300])), hospital_seed=1)
    like = patients(np.array([60, 60, 60]), seed=5)
    unlike = replace(like, candidates=like.candidates[:, [1, 0, 2]])
    assert same(fine_tuned(model, shared, like.take(np.arange(0, 180, 30))), shared)
    kept = fine_tuned(model, shared, unlike)
    assert not same(kept, shared)
    fresh = patients(np.array([200, 200, 200]), seed=6)
    fresh = replace(fresh, candidates=fresh.candidates[:, [1, 0, 2]])
    assert fresh.loss(model.predict(kept, fresh.features)) < fresh.loss(
        model.predict(shared, fresh.features)
    )


@pytest.mark.parametrize(
    ("transfer", "reason"),
    [
        ({"prototypes_below": 10}, "an encoder tells no classes apart"),
        ({"pretraining_rounds": 20}, "must leave rounds"),
        ({"encoder_rate": 2}, "less than or equal to 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(transfer: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        network(**transfer)
