"""Figures from merged counts equal scikit-learn's on the pooled rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
    top_k_accuracy_score,
)

from shared.contract import load_contract
from shared.metrics import evaluate, merge_evaluations
from shared.metrics.counts import count
from shared.metrics.scores import score
from tests.conftest import random_records

CLASSES = ["a", "b", "c", "d"]


def predictions(rows: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, rows)
    logits = generator.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[truth]
    exponential = np.exp(logits)
    return truth, exponential / exponential.sum(axis=1, keepdims=True)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(1, 399))
def test_merged_counts_give_the_pooled_figures(seed: int, cut: int) -> None:
    truth, probabilities = predictions(400, 4, seed)
    merged = count(CLASSES, truth[:cut], probabilities[:cut]).merge(
        count(CLASSES, truth[cut:], probabilities[cut:])
    )
    ours, answer = score(merged), probabilities.argmax(axis=1)
    assert ours.rows == 400
    assert ours.accuracy == pytest.approx(accuracy_score(truth, answer))
    assert ours.macro_f1 == pytest.approx(f1_score(truth, answer, average="macro"))
    assert ours.top_3 == pytest.approx(top_k_accuracy_score(truth, probabilities, k=3))
    assert ours.log_loss == pytest.approx(log_loss(truth, probabilities))
    exact = roc_auc_score(truth, probabilities, multi_class="ovr")
    assert ours.auc == pytest.approx(exact, abs=0.005)
    precision, recall, f1, support = precision_recall_fscore_support(truth, answer)
    for index, name in enumerate(CLASSES):
        each = ours.by_class[name]
        assert each.rows == support[index]
        assert each.precision == pytest.approx(precision[index])
        assert each.recall == pytest.approx(recall[index])
        assert each.f1 == pytest.approx(f1[index])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_binary_area_is_that_of_the_second_class(seed: int) -> None:
    truth, probabilities = predictions(300, 2, seed)
    ours = score(count(["no", "yes"], truth, probabilities))
    assert ours.auc == pytest.approx(roc_auc_score(truth, probabilities[:, 1]), abs=0.005)


def test_perfect_confidence_is_perfectly_calibrated_and_overconfidence_is_not() -> None:
    truth = np.array([0, 1] * 50)
    right = np.eye(2)[truth]
    assert score(count(["a", "b"], truth, right)).expected_calibration_error == 0
    wrong = score(count(["a", "b"], 1 - truth, right))
    assert wrong.expected_calibration_error == pytest.approx(1)


def test_no_rows_means_no_data_not_zero() -> None:
    empty = score(count(["a", "b"], np.array([], dtype=int), np.empty((0, 2))))
    assert empty.rows == 0
    assert empty.accuracy is None
    assert empty.auc is None


def test_a_row_labelled_with_the_parent_scores_at_the_group_level_only() -> None:
    contract = load_contract("heart_disease")
    records = random_records(contract, 200, 7)
    truth = [contract.group_of(label) == "disease" for label in records.labels]
    probabilities = np.where(
        np.array(truth)[:, None], [0.1, 0.3, 0.2, 0.2, 0.2], [0.9, 0.1, 0, 0, 0]
    )
    halves = [records.take(np.arange(100)), records.take(np.arange(100, 200))]
    parts = [
        evaluate(contract, part, probabilities[start : start + 100])
        for part, start in zip(halves, (0, 100), strict=True)
    ]
    merged = merge_evaluations(parts)
    pooled = evaluate(contract, records, probabilities)
    assert merged.group.confusion == pooled.group.confusion
    assert merged.finest.score_of_class == pooled.finest.score_of_class
    assert merged.group.rows == 200
    assert merged.finest.rows == 200 - (records.labels == "disease").sum()
    assert score(merged.group).accuracy == 1.0
