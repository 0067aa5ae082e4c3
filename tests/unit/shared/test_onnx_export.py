"""Exports that answer as the models do."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from shared.column_blocks import ColumnBlock
from shared.errors import BundleError
from shared.models import create_model
from shared.models.base import Arrays, ModelKind
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.settings import BoostedTreesSettings, RandomForestSettings
from shared.models.training_data import TrainingData
from shared.models.tree_arrays import FEATURE, LEAF, LEFT, THRESHOLD
from shared.onnx_export import export_onnx, sample_rows
from shared.onnx_export.export import compare
from shared.onnx_export.tree_attributes import rounded_down

COLUMNS = 5
SETTINGS = {
    "neural_network": NeuralNetworkSettings(rounds=20, hidden=[7, 6]),
    "boosted_trees": BoostedTreesSettings(rounds=2, trees_per_round=6),
    "random_forest": RandomForestSettings(trees=12),
}


def learned(name: str, classes: int, seed: int) -> tuple[ModelKind[Any], Arrays]:
    model = create_model(name, SETTINGS[name], COLUMNS, classes, seed)
    features = sample_rows(COLUMNS, seed, missing=model.keeps_missing)
    labels = np.nan_to_num(features[:, :classes]).argmax(axis=1)
    data = TrainingData(
        features,
        np.eye(classes, dtype=bool)[labels],
        np.ones(classes),
        np.full(classes, 1 / classes),
    )
    return model, model.train_alone(data, hospital_seed=1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_export_passes_its_own_comparison(name: str, classes: int, seed: int) -> None:
    model, arrays = learned(name, classes, seed)
    content = export_onnx(
        model, arrays, sample_rows(COLUMNS, seed + 9, missing=model.keeps_missing)
    )
    loaded = onnx.load_from_string(content)
    assert loaded.producer_name == "juntos"
    assert [each.name for each in loaded.graph.input] == ["features"]
    compare(
        content, model, arrays, sample_rows(COLUMNS, 77, missing=model.keeps_missing, rows=1000)
    )


@pytest.mark.parametrize("name", ["boosted_trees", "random_forest"])
def test_values_at_the_thresholds_go_the_same_way(name: str) -> None:
    model, arrays = learned(name, 3, 4)
    inner = np.flatnonzero(arrays[LEFT] != LEAF)
    rows = np.repeat(sample_rows(COLUMNS, 1, missing=False, rows=1), 3 * len(inner), axis=0)
    exact = arrays[THRESHOLD][inner].astype(np.float32)
    below, above = (np.nextafter(exact, np.float32(end)) for end in (-np.inf, np.inf))
    columns = np.tile(arrays[FEATURE][inner], 3)
    rows[np.arange(len(rows)), columns] = np.concatenate([exact, below, above])
    compare(export_onnx(model, arrays, rows), model, arrays, rows)


def test_encoders_are_exported() -> None:
    blocks = [ColumnBlock("ward", "category", 1, 6), ColumnBlock("findings", "terms", 6, 14)]
    settings = NeuralNetworkSettings(hidden=[4], embedding_width=2, term_set_width=3)
    model = create_model("neural_network", settings, 15, 3, 0, blocks)
    generator = np.random.default_rng(0)
    arrays = {
        name: generator.normal(size=array.shape).astype(np.float32)
        for name, array in model.initial_arrays().items()
    }
    export_onnx(model, arrays, np.abs(sample_rows(15, 1, missing=False)))


def test_thresholds_are_rounded_so_that_comparisons_stay_the_same() -> None:
    thresholds = np.random.default_rng(0).normal(size=2000)
    values = thresholds.astype(np.float32)
    rounded = rounded_down(thresholds)
    for each in (values, np.nextafter(values, np.float32(-9)), np.nextafter(values, np.float32(9))):
        np.testing.assert_array_equal(each <= rounded, each <= thresholds)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_a_large_model_is_refused_with_the_setting_to_change(name: str) -> None:
    model, arrays = learned(name, 3, 0)
    with pytest.raises(BundleError, match="bytes as ONNX") as refused:
        export_onnx(model, arrays, sample_rows(COLUMNS, 0, missing=False), maximum_bytes=200)
    assert name in str(refused.value)


def test_an_export_that_says_something_else_is_found() -> None:
    model, arrays = learned("neural_network", 3, 0)
    loaded = onnx.load_from_string(
        export_onnx(model, arrays, sample_rows(COLUMNS, 0, missing=False))
    )
    weight = loaded.graph.initializer[0]
    changed = numpy_helper.to_array(weight) + 0.01
    weight.CopyFrom(numpy_helper.from_array(changed, weight.name))
    with pytest.raises(BundleError, match="differs from the model"):
        compare(loaded.SerializeToString(), model, arrays, sample_rows(COLUMNS, 0, missing=False))
