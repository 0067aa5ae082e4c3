from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xgboost

from shared.errors import JuntosError
from shared.models.additive_trees.as_trees import trees_of
from shared.models.additive_trees.grid import ColumnGrids
from shared.models.additive_trees.messages import read_model, read_step, to_arrays
from shared.models.additive_trees.stumps import AdditiveModel, BinnedRows, StumpStep
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.objective import class_probabilities
from shared.models.settings import BoostedTreesSettings
from shared.models.training_data import TrainingData

Floats = npt.NDArray[Any]

COLUMNS, CUTS = 6, 7
NUMBERS = np.array([True, False, True, False, False, False])


def grids() -> ColumnGrids:
    even = np.linspace(-2, 2, CUTS, dtype=np.float32)
    edges = np.where(NUMBERS[:, None], even, np.float32(0.5)).astype(np.float32)
    return ColumnGrids(edges, NUMBERS)


def rows(classes: int, count: int = 200, seed: int = 0) -> TrainingData:
    generator = np.random.default_rng(seed)
    features = np.where(
        NUMBERS, generator.normal(size=(count, COLUMNS)), generator.random((count, COLUMNS)) < 0.3
    ).astype(np.float32)
    truth = generator.integers(0, classes, count)
    candidates = np.eye(classes, dtype=np.bool_)[truth]
    candidates[: count // 10, 0] = True
    return TrainingData(
        features, candidates, np.linspace(1, 2, classes), np.full(classes, 1 / classes)
    )


def a_model(classes: int, seed: int = 1) -> AdditiveModel:
    groups = 1 if classes == 2 else classes
    generator = np.random.default_rng(seed)
    return AdditiveModel(
        generator.normal(size=groups), generator.normal(size=(COLUMNS, CUTS + 1, groups))
    )


def a_step(seed: int = 2) -> StumpStep:
    centres = np.where(NUMBERS, 0.5, 0.3)
    return StumpStep(grids().drawn(seed, 1), centres)


def margins_of(model: AdditiveModel, features: Floats) -> Floats:
    codes = grids().codes(features)
    found = np.tile(model.intercept, (len(features), 1))
    for column in range(COLUMNS):
        found += model.values[column, codes[:, column]]
    return found


@pytest.mark.parametrize("classes", [2, 4])
def test_the_sum_is_that_of_every_row_by_itself(classes: int) -> None:
    data, model, step, clip = rows(classes), a_model(classes), a_step(), 0.7
    found = BinnedRows(grids(), data, step.centres).clipped_sum(model, step, clip)
    probabilities = class_probabilities(margins_of(model, data.features))
    expected = np.zeros_like(found)
    codes = grids().codes(data.features)
    for row in range(len(data)):
        of_candidates = probabilities[row] * data.candidates[row]
        slope = (of_candidates / of_candidates.sum() - probabilities[row]) * data.row_weights[row]
        slope = slope[1:] if classes == 2 else slope
        sides = np.append((codes[row] > step.cuts) - step.centres, 1.0)
        own = np.outer(sides, slope)
        expected += own * min(1.0, clip / max(np.linalg.norm(own), 1e-12))
    assert np.allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("classes", [2, 4])
def test_one_patient_moves_the_sum_by_the_clip_at_most(classes: int) -> None:
    data, model, step, clip = rows(classes), a_model(classes), a_step(), 0.4
    whole = BinnedRows(grids(), data, step.centres).clipped_sum(model, step, clip)
    for left_out in range(0, 200, 13):
        others = data.take(np.delete(np.arange(200), left_out))
        less = BinnedRows(grids(), others, step.centres).clipped_sum(model, step, clip)
        assert np.linalg.norm(whole - less) <= clip + 1e-9


@pytest.mark.parametrize("classes", [2, 4])
def test_any_xgboost_answers_as_the_additive_model_does(classes: int) -> None:
    data, model = rows(classes), a_model(classes)
    kind = BoostedTrees(BoostedTreesSettings(), COLUMNS, classes, 0)
    arrays = trees_of(model, grids())
    kind.check_arrays(arrays)
    stock = xgboost.Booster()
    stock.load_model(bytearray(kind.to_files(arrays)["model.ubj"]))
    raw = stock.predict(xgboost.DMatrix(data.features), output_margin=True)
    expected = margins_of(model, data.features)
    assert np.allclose(raw.reshape(expected.shape), expected, atol=1e-4)


def test_a_step_moves_what_the_rows_lie_at() -> None:
    data, model, step = rows(2), a_model(2), a_step()
    push = np.random.default_rng(3).normal(size=(COLUMNS + 1, 1))
    moved = step.moved(model, push)
    codes = grids().codes(data.features)
    sides = np.hstack([(codes > step.cuts) - step.centres, np.ones((len(data), 1))])
    change = margins_of(moved, data.features) - margins_of(model, data.features)
    assert np.allclose(change, sides @ push)


def test_what_comes_over_the_wire_is_checked() -> None:
    model, step = a_model(2), a_step()
    arrays = to_arrays(model, step)
    assert np.array_equal(read_model(arrays, grids(), 2).values, model.values)
    assert np.array_equal(read_step(arrays, grids()).cuts, step.cuts)
    spoilt = [
        {**arrays, "values": arrays["values"][:, :-1]},
        {**arrays, "values": arrays["values"] * np.nan},
        {**arrays, "intercept": np.zeros(3)},
    ]
    for each in spoilt:
        with pytest.raises(JuntosError):
            read_model(each, grids(), 2)
    for each in (
        {**arrays, "cuts": arrays["cuts"] + 99},
        {**arrays, "centres": arrays["centres"] + 2},
    ):
        with pytest.raises(JuntosError):
            read_step(each, grids())
