"""Thresholds from binned scores do nearly as well as the best one over the rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from shared.calibration.thresholds import NEUTRAL_THRESHOLD, decide, fit_thresholds
from tests.unit.shared.calibration.patients import Patients, true_patients


@pytest.mark.parametrize("seed", range(4))
def test_f1_is_close_to_the_best_on_the_rows(seed: int) -> None:
    patients = true_patients(2_000, seed)
    for index, threshold in enumerate(fit_thresholds(patients.counts())):
        truth, said = patients.candidates[:, index], patients.probabilities[:, index]
        best = max(f1_score(truth, said >= each) for each in np.linspace(0.02, 0.9, 177))
        assert f1_score(truth, said >= threshold) > 0.975 * best


def test_the_threshold_of_true_probabilities_is_half_the_best_f1() -> None:
    patients = true_patients(50_000, 1)
    for index, threshold in enumerate(fit_thresholds(patients.counts())):
        truth, said = patients.candidates[:, index], patients.probabilities[:, index]
        assert threshold == pytest.approx(f1_score(truth, said >= threshold) / 2, abs=0.03)


def test_a_class_with_too_few_rows_has_the_median_of_the_others() -> None:
    patients = true_patients(400, 2)
    of_last = np.flatnonzero(patients.labels == 3)
    few = patients.take(np.setdiff1d(np.arange(400), of_last[4:]))
    thresholds = fit_thresholds(few.counts())
    assert thresholds[3] == pytest.approx(np.median(thresholds[:3]))


def test_without_rows_all_are_neutral() -> None:
    nobody = Patients(np.empty((0, 4)), np.empty((0, 4), dtype=np.bool_))
    assert fit_thresholds(nobody.counts()) == [NEUTRAL_THRESHOLD] * 4


def test_equal_thresholds_choose_the_most_probable_class() -> None:
    probabilities = true_patients(100, 3).probabilities
    np.testing.assert_array_equal(decide(probabilities, [0.3] * 4), probabilities.argmax(axis=1))
    assert (decide(probabilities, [0.9, 0.9, 0.9, 1e-6]) == 3).all()
