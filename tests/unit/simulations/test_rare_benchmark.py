"""Figures of rare classes: means over repetitions, with intervals that mean something."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from shared.contract import Contract
from shared.metrics import evaluate
from shared.records import Records
from simulations.benchmarks.rare_figures import gains, means, rare_figures
from tests.conftest import random_records


def runs_of(values: list[float]) -> list[dict[str, float]]:
    return [{"rare_recall": value} for value in values]


def test_independent_repetitions_have_the_interval_of_students_paired_test() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.random((2, 10))
    found = gains(runs_of(list(first)), runs_of(list(second)), 0)["rare_recall"]
    interval = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert means(runs_of(list(first)))["rare_recall"] == pytest.approx(first.mean())
    assert found["low"] == pytest.approx(interval.low)
    assert found["high"] == pytest.approx(interval.high)


def test_folds_that_share_patients_are_less_certain_by_nadeau_and_bengio() -> None:
    values = [0.1, 0.2, 0.4, 0.3, 0.2]
    apart = gains(runs_of(values), runs_of([0.0] * 5), 0)
    shared = gains(runs_of(values), runs_of([0.0] * 5), 0.25)
    width = [each["rare_recall"]["high"] - each["rare_recall"]["low"] for each in (apart, shared)]
    assert width[1] / width[0] == pytest.approx(np.sqrt((1 / 5 + 0.25) / (1 / 5)))


def test_one_repetition_has_no_interval() -> None:
    found = gains(runs_of([0.5]), runs_of([0.2]), 0)["rare_recall"]
    assert found["mean"] == pytest.approx(0.3)
    assert np.isnan(found["low"])


def test_recall_is_the_mean_over_classes_of_a_frequency(contract: Contract) -> None:
    leaves = contract.leaves
    labels = np.array([*leaves, *leaves[:1]] * 2, dtype=object)
    records = random_records(contract, len(labels), 0)
    records = Records(records.table, labels)
    answers = np.array([leaves.index(label) for label in labels])
    answers[0] = 1  # of the first class, one in four is taken for the second
    found = rare_figures(contract, [evaluate(contract, records, np.eye(len(leaves))[answers])])
    common = [code for code in leaves if contract.classes[code].frequency == "common"]
    assert found["common_recall"] == pytest.approx(1 - 0.25 / len(common))
    assert found["rare_recall"] == 1
