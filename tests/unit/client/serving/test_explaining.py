"""Explanations are exact: equal to XGBoost's, to brute force, and they add up."""

from __future__ import annotations

import json
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest
import xgboost

from client.serving.answer import Explanation
from client.serving.case import Case
from client.serving.case_columns import columns_of
from client.serving.explaining.columns_weighed import NetworkWeigher, TreeWeigher
from client.serving.explaining.network_gradients import (
    gradients,
    integrated_gradients,
    log_odds,
)
from client.serving.explaining.next_findings import entropy
from client.serving.explaining.tree_paths import covers, goes_left, paths_of
from client.serving.explaining.tree_shap import shapley_values
from client.serving.served_model import ServedModel
from shared.column_blocks import ColumnBlock
from shared.errors import JuntosError
from shared.models import create_model
from shared.models.base import Arrays, ModelKind
from shared.models.neural_network import NeuralNetwork
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.random_forest import CLASS_SHARES, TREE_WEIGHTS
from shared.models.settings import BoostedTreesSettings, RandomForestSettings
from shared.models.training_data import Matrix, TrainingData
from shared.models.tree_arrays import (
    FEATURE,
    LEAF,
    LEFT,
    RIGHT,
    THRESHOLD,
    TREE_SIZES,
    offsets,
)
from shared.models.xgboost_format import model_as_json, tree_as_json
from shared.onnx_export import sample_rows
from shared.run_settings import ModelName
from tests.unit.client.serving.bundles import CONTRACT, KINDS, cases_of, records_of

COLUMNS = 5


def grown(kind: str, classes: int, seed: int, **settings: Any) -> tuple[ModelKind[Any], Arrays]:  # noqa: ANN401
    chosen = BoostedTreesSettings if kind == "boosted_trees" else RandomForestSettings
    model = create_model(kind, chosen(**settings), COLUMNS, classes, seed)
    rows = sample_rows(COLUMNS, seed, missing=model.keeps_missing)
    labels = np.nan_to_num(rows[:, :classes]).argmax(axis=1)
    data = TrainingData(
        rows, np.eye(classes, dtype=bool)[labels], np.ones(classes), np.full(classes, 1 / classes)
    )
    return model, model.train_alone(data, hospital_seed=1)


def contributions_of_xgboost(
    arrays: Arrays, cover: np.ndarray, groups: int, rows: Matrix
) -> np.ndarray:
    """Ask XGBoost, with how often each node is reached put back into the trees."""
    trees = []
    for index, start in enumerate(offsets(arrays)):
        tree = tree_as_json(arrays, index, int(start), COLUMNS)
        size = int(arrays[TREE_SIZES][index])
        trees.append({**tree, "sum_hessian": cover[start : start + size].tolist()})
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(json.dumps(model_as_json(trees, COLUMNS, groups)).encode()))
    found = booster.predict(xgboost.DMatrix(rows, nthread=1), pred_contribs=True)
    return np.asarray(found, dtype=np.float64).reshape(len(rows), groups, COLUMNS + 1)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("depth", [1, 3, 6])
def test_boosted_trees_are_explained_as_xgboost_does(classes: int, depth: int) -> None:
    model, arrays = grown(
        "boosted_trees", classes, 3, rounds=2, trees_per_round=5, maximum_depth=depth
    )
    groups = 1 if classes == 2 else classes
    cover = covers(arrays, sample_rows(COLUMNS, 5, missing=True))
    rows = sample_rows(COLUMNS, 8, missing=True, rows=24)
    assert np.isnan(rows).any()
    expected = contributions_of_xgboost(arrays, cover, groups, rows)
    paths = paths_of(arrays, cover)
    for group in range(groups):
        mine = paths.take(paths.trees % groups == group)
        values = arrays[THRESHOLD][mine.leaves]
        for row, of_row in zip(rows, expected[:, group], strict=True):
            found, baseline = shapley_values(mine, values, row, strict=True)
            np.testing.assert_allclose([*found, baseline], of_row, atol=2e-5)
    margins = model.margins(arrays, rows)  # type: ignore[attr-defined]
    np.testing.assert_allclose(expected.sum(axis=2), margins, atol=1e-4)


def worth(arrays: Arrays, cover: np.ndarray, row: Matrix, known: set[int], tree: int) -> np.ndarray:
    """Return what one tree gives on average where only some columns are known, by recursion."""
    root = int(offsets(arrays)[tree])

    def below(node: int) -> np.ndarray:
        if arrays[LEFT][node] == LEAF:
            shares: np.ndarray = arrays[CLASS_SHARES][node].astype(np.float64)
            return shares
        left, right = (root + int(arrays[side][node]) for side in (LEFT, RIGHT))
        column = int(arrays[FEATURE][node])
        if column in known:
            position = np.array([node])
            return below(left if goes_left(arrays, position, row[[column]])[0] else right)
        both: np.ndarray = cover[left] * below(left) + cover[right] * below(right)
        return both / float(cover[node])

    return below(root)


def brute_force(arrays: Arrays, cover: np.ndarray, row: Matrix, tree: int) -> np.ndarray:
    """Return Shapley values from their definition, shape (columns, classes)."""
    found = np.zeros((COLUMNS, arrays[CLASS_SHARES].shape[1]))
    for column in range(COLUMNS):
        others = [each for each in range(COLUMNS) if each != column]
        for size in range(COLUMNS):
            weight = factorial(size) * factorial(COLUMNS - size - 1) / factorial(COLUMNS)
            for known in combinations(others, size):
                gain = worth(arrays, cover, row, {*known, column}, tree)
                found[column] += weight * (gain - worth(arrays, cover, row, {*known}, tree))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_forests_are_explained_as_the_definition_says(seed: int) -> None:
    model, arrays = grown("random_forest", 3, seed, trees=3, maximum_depth=7)
    cover = covers(arrays, sample_rows(COLUMNS, 5, missing=False))
    paths = paths_of(arrays, cover)
    for row in sample_rows(COLUMNS, 20 + seed, missing=False, rows=4):
        expected = np.mean([brute_force(arrays, cover, row, tree) for tree in range(3)], axis=0)
        for class_index in range(3):
            values = arrays[CLASS_SHARES][paths.leaves, class_index].astype(np.float64) / 3
            found, baseline = shapley_values(paths, values, row, strict=False)
            np.testing.assert_allclose(found, expected[:, class_index], atol=1e-9)
            answer = model.predict(arrays, row[None])[0, class_index]
            assert found.sum() + baseline == pytest.approx(answer, abs=1e-6)
    assert arrays[TREE_WEIGHTS].sum() == pytest.approx(1)


def test_a_tree_that_is_one_leaf_explains_nothing() -> None:
    arrays = {
        TREE_SIZES: np.array([1], dtype=np.int32),
        LEFT: np.array([LEAF], dtype=np.int32),
        RIGHT: np.array([LEAF], dtype=np.int32),
        FEATURE: np.array([0], dtype=np.int32),
        THRESHOLD: np.array([0.0]),
    }
    paths = paths_of(arrays, covers(arrays, sample_rows(COLUMNS, 5, missing=False)))
    row = np.zeros(COLUMNS, dtype=np.float32)
    found, baseline = shapley_values(paths, np.array([0.7]), row, strict=False)
    assert not found.any()
    assert baseline == pytest.approx(0.7)


def network() -> tuple[NeuralNetwork, Arrays]:
    blocks = [
        ColumnBlock("age", "numbers", 0, 1),
        ColumnBlock("ward", "category", 1, 6),
        ColumnBlock("findings", "terms", 6, 14),
    ]
    settings = NeuralNetworkSettings(hidden=[7, 5], embedding_width=2, term_set_width=3)
    model = create_model("neural_network", settings, 15, 3, 0, blocks)
    assert isinstance(model, NeuralNetwork)
    generator = np.random.default_rng(0)
    arrays = {
        name: generator.normal(size=array.shape) for name, array in model.initial_arrays().items()
    }
    return model, arrays


def test_gradients_are_those_of_small_steps() -> None:
    model, arrays = network()
    generator = np.random.default_rng(2)
    rows = np.abs(generator.normal(size=(20, 15)))
    step = 1e-6
    for class_index in range(3):
        found = gradients(model.layers, arrays, rows, class_index)
        for column in range(15):
            ahead, behind = rows.copy(), rows.copy()
            ahead[:, column] += step
            behind[:, column] -= step
            far, near = (
                log_odds(model.layers, arrays, each, class_index) for each in (ahead, behind)
            )
            np.testing.assert_allclose(found[:, column], (far - near) / (2 * step), atol=1e-4)


def test_what_a_network_adds_up_to_is_its_log_odds() -> None:
    model, arrays = network()
    generator = np.random.default_rng(4)
    for _ in range(10):
        row, nobody = np.abs(generator.normal(size=(2, 15)))
        for class_index in range(3):
            found, baseline = integrated_gradients(model.layers, arrays, row, nobody, class_index)
            expected = log_odds(model.layers, arrays, row[None], class_index)[0]
            assert abs(found.sum() + baseline - expected) < 0.01 * np.abs(found).sum()


def added_up(explanation: Explanation) -> float:
    return explanation.baseline + sum(reason.weight for reason in explanation.reasons)


@pytest.mark.parametrize("kind", KINDS)
def test_reasons_add_up_to_the_score(kind: ModelName, served: dict[str, ServedModel]) -> None:
    model = served[kind]
    weigher = model._weigher
    for case in cases_of(CONTRACT, records_of(CONTRACT, rows=6, seed=21)):
        raw = model.raw(model.matrix([case]))[0]
        found = [model.explain(case, code) for code in CONTRACT.leaves]
        scores = np.array([added_up(each) for each in found])
        if isinstance(weigher, NetworkWeigher):
            np.testing.assert_allclose(scores, np.log(raw / (1 - raw)), atol=0.05)
        elif kind == "random_forest":
            np.testing.assert_allclose(scores, raw, atol=1e-5)
        else:
            shares = np.exp(scores) / np.exp(scores).sum()
            np.testing.assert_allclose(shares, raw, atol=1e-5)
        assert isinstance(weigher, TreeWeigher | NetworkWeigher)
        assert {each.scale for each in found} == {weigher.scale}


def test_two_classes_share_one_margin(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from client.serving.served_model import read_served
    from tests.unit.client.serving.bundles import trained, write_signed
    from tests.unit.client.serving.conftest import PATIENT, SIGNING_KEY

    folder = tmp_path_factory.mktemp("two") / "bundle"
    write_signed(trained("boosted_trees", task={"level": "group"}), folder, SIGNING_KEY)
    model = read_served(folder, SIGNING_KEY.public_key(), CONTRACT, PATIENT)
    case = cases_of(CONTRACT, records_of(CONTRACT, rows=1, seed=21))[0]
    first, second = (added_up(model.explain(case, code)) for code in ("none", "disease"))
    assert first == pytest.approx(-second)
    raw = model.raw(model.matrix([case]))[0]
    assert 1 / (1 + np.exp(-second)) == pytest.approx(raw[1], abs=1e-6)


CASE = Case(
    {
        "age": 75.0,
        "pressure": None,
        "pain": "typical",
        "fever": 1.0,
        "phenotypes": ("HP:0001250", "HP:0001519"),
        "note": None,
    }
)


def test_reasons_are_in_words_and_for_and_against(served: dict[str, ServedModel]) -> None:
    found = served["boosted_trees"].explain(CASE, "grade_2")
    words = {reason.words: reason for reason in found.reasons}
    assert "Age: 75 a" in words
    assert words["Age: 75 a"].weight > 0
    assert words["Age: 75 a"] in found.supporting
    assert {reason.weight > 0 for reason in found.supporting} <= {True}
    assert {reason.weight < 0 for reason in found.opposing} <= {True}
    weights = [abs(reason.weight) for reason in found.reasons]
    assert weights == sorted(weights, reverse=True)
    for reason in found.reasons:
        assert reason.recorded == (
            "not recorded" not in reason.words and "others" not in reason.words
        )


def test_terms_are_named_and_share_what_they_imply(served: dict[str, ServedModel]) -> None:
    model = served["neural_network"]
    found = model.explain(CASE, "none")
    of_terms = {reason.term: reason for reason in found.reasons if reason.feature == "phenotypes"}
    assert set(of_terms) == {"HP:0001250", "HP:0001519", ""}
    assert of_terms["HP:0001250"].words == "Seizure (HP:0001250)"
    assert of_terms[""].words == "Observed terms: no others recorded"
    block = next(
        each
        for each in model.parts.preparation.preprocessor.blocks()
        if each.feature == "phenotypes"
    )
    row = model.matrix([CASE])[0]
    weights, _ = model._weigher.weigh(row, 0)
    expected = weights[block.start : block.stop].sum()
    assert sum(each.weight for each in of_terms.values()) == pytest.approx(expected)


def test_a_disease_that_the_model_does_not_know_is_refused(served: dict[str, ServedModel]) -> None:
    with pytest.raises(JuntosError, match="does not know this disease"):
        served["random_forest"].explain(CASE, "disease")


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_finding_lowers_uncertainty_as_it_says(
    kind: ModelName, served: dict[str, ServedModel]
) -> None:
    model = served[kind]
    case = Case({"age": 60.0, "phenotypes": ("HP:0001250",)})
    found = model.next_findings(case, most=50)
    assert [each.expected_drop for each in found] == sorted(
        (each.expected_drop for each in found), reverse=True
    )
    assert all(each.expected_drop > 0 for each in found)
    assert not {"age", "note"} & {each.feature for each in found}
    implied = set(model.terminology("HPO").ancestors("HP:0001250"))
    assert not implied & {each.term for each in found}
    now = entropy(model.probabilities([case]))[0]
    for each in found:
        if each.feature == "fever":
            counts = model.parts.summary.features["fever"].counts  # type: ignore[union-attr]
            total = counts["yes"] + counts["no"]
            with_it = [Case({**case.values, "fever": value}) for value in (1.0, 0.0)]
            later = entropy(model.probabilities(with_it))
            expected = now - (counts["yes"] * later[0] + counts["no"] * later[1]) / total
            assert each.expected_drop == pytest.approx(expected)


def test_with_everything_known_only_terms_remain(served: dict[str, ServedModel]) -> None:
    case = Case({**CASE.values, "pressure": 120.0})
    found = served["boosted_trees"].next_findings(case)
    assert {each.feature for each in found} <= {"phenotypes"}


def test_derived_features_are_explained_by_what_they_became(
    served: dict[str, ServedModel],
) -> None:
    columns = columns_of(CONTRACT, [CASE])
    assert columns["old"][0] == 1
    for kind in KINDS:
        reasons = served[kind].explain(CASE, "grade_2").reasons
        for reason in reasons:
            if reason.feature == "old":
                assert reason.words == "Older than 60: yes"
