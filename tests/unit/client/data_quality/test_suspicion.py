"""Confident learning, with coarse labels and the frequencies of a hospital of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from client.data_quality.suspicion import at_this_hospital, likely_wrong, suspicion, together
from shared.contract import load_contract

HEART = load_contract("heart_disease")
BINARY = HEART.at_group_level()


def said(sick: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    order = {"none": 1 - sick, "disease": sick}
    return np.stack([order[leaf] for leaf in BINARY.leaves], axis=1)


def test_a_coarse_diagnosis_is_right_where_any_grade_is() -> None:
    leaves = HEART.leaves
    probabilities = np.zeros((2, len(leaves)))
    probabilities[0, leaves.index("grade_1")] = 0.5
    probabilities[0, leaves.index("grade_3")] = 0.4
    probabilities[0, leaves.index("none")] = 0.1
    probabilities[1] = probabilities[0]
    labels = np.array(["disease", "grade_3"], dtype=object)
    assert suspicion(HEART, labels, probabilities) == pytest.approx([0.1, 0.6])


def test_flipped_diagnoses_are_likely_wrong() -> None:
    random = np.random.default_rng(0)
    sick = random.random(300) < 0.4
    probability = np.clip(np.where(sick, 0.9, 0.1) + random.normal(0, 0.05, 300), 0.01, 0.99)
    wrong = np.zeros(300, dtype=bool)
    wrong[random.choice(300, 20, replace=False)] = True
    labels = np.where(sick ^ wrong, "disease", "none").astype(object)
    found = likely_wrong(BINARY, labels, said(probability))
    assert (found & wrong).sum() >= 15
    assert not (found & ~wrong).any()


def test_models_that_know_nothing_doubt_nobody() -> None:
    labels = np.array(["none"] * 50 + ["disease"] * 50, dtype=object)
    assert not likely_wrong(BINARY, labels, said(np.full(100, 0.5))).any()
    one_class = np.array(["none"] * 50, dtype=object)
    assert not likely_wrong(BINARY, one_class, said(np.full(50, 0.9))).any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.2, 0.8), st.floats(-2, 2))
def test_probabilities_come_to_the_hospital_s_own_frequency(
    seed: int, prevalence: float, shift: float
) -> None:
    random = np.random.default_rng(seed)
    sick = random.random(400) < prevalence
    odds = np.where(sick, 1.5, -1.5) + random.normal(0, 1, 400) + shift
    before = said(1 / (1 + np.exp(-odds)))
    labels = np.where(sick, "disease", "none").astype(object)
    after = at_this_hospital(BINARY, labels, before)
    place = BINARY.leaves.index("disease")
    assert after.sum(axis=1) == pytest.approx(np.ones(400))
    assert after[:, place].mean() == pytest.approx(sick.mean(), abs=0.02)
    areas = [roc_auc_score(sick, each[:, place]) for each in (before, after)]
    assert areas[1] == pytest.approx(areas[0], abs=0.02)


def test_no_row_speaks_for_itself() -> None:
    random = np.random.default_rng(1)
    sick = random.random(200) < 0.5
    before = said(np.clip(np.where(sick, 0.7, 0.3) + random.normal(0, 0.1, 200), 0.01, 0.99))
    labels = np.where(sick, "disease", "none").astype(object)
    one_class = at_this_hospital(BINARY, np.full(200, "none", dtype=object), before)
    assert one_class is before
    changed = labels.copy()
    changed[:2] = changed[:2][::-1]
    assert at_this_hospital(BINARY, labels, before).shape == before.shape


def test_several_leaves_come_to_their_shares() -> None:
    random = np.random.default_rng(2)
    truth = random.choice(len(HEART.leaves), 500, p=[0.6, 0.1, 0.1, 0.1, 0.1])
    before = random.dirichlet(np.ones(len(HEART.leaves)), 500)
    before[np.arange(500), truth] += 0.5
    before /= before.sum(axis=1, keepdims=True)
    labels = np.array(HEART.leaves, dtype=object)[truth]
    after = at_this_hospital(HEART, labels, before)
    shares = np.bincount(truth, minlength=len(HEART.leaves)) / 500
    gap_before = np.abs(before.mean(axis=0) - shares).sum()
    assert np.abs(after.mean(axis=0) - shares).sum() < 0.5 * gap_before


def test_models_together_are_the_geometric_mean() -> None:
    random = np.random.default_rng(3)
    first, second = (random.dirichlet([4, 4, 4], 50) for _ in range(2))
    first, second = np.clip(first, 0.01, 0.99), np.clip(second, 0.01, 0.99)
    expected = np.sqrt(first * second)
    expected /= expected.sum(axis=1, keepdims=True)
    assert together([first, second]) == pytest.approx(expected)
